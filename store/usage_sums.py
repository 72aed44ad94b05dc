"""Answer what was used, by day, key, model and the like: from the sums as far as they go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from sqlalchemy import BigInteger, ColumnElement, Double, Select, case, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from plexus.store.tables import REQUEST_USAGE, USAGE_DAYS
from plexus.store.usage_days import DAY, DAY_MS, DIMENSIONS, SUMS, stale_days, watermark

type Grouping = Literal["day", "provider", "model", "alias", "api_key", "status"]

_ROW: Final = REQUEST_USAGE.c
_SUM: Final = USAGE_DAYS.c
_MOST_RANGES: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageFilter:
    """Which calls are meant; `None` is any. Times in ms since 1970, `until` is no more in it."""

    since: int | None = None
    until: int | None = None
    api_key: str | None = None
    provider: str | None = None
    model: str | None = None  # as the provider or as the client calls it
    status: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageSum:
    """Sums over calls. What is unknown adds nothing; `unpriced` says how many calls that were."""

    group: tuple[str | int, ...] = ()  # a day is the number of days since 1970
    requests: int = 0
    failed: int = 0  # neither success nor pending
    estimated: int = 0  # calls whose tokens are an estimate
    unpriced: int = 0  # answered calls whose cost is unknown
    tokens_input: int = 0
    tokens_output: int = 0
    tokens_reasoning: int = 0
    tokens_cached: int = 0
    tokens_cache_write: int = 0
    cost_total: float = 0.0  # USD

    def plus(self, other: UsageSum) -> UsageSum:
        """Return both together, under this one's group."""
        return replace(
            self, **{name: getattr(self, name) + getattr(other, name) for name in _NUMBERS}
        )


_NUMBERS: Final = ("failed", *SUMS)


def conditions(wanted: UsageFilter) -> list[ColumnElement[bool]]:
    """Return what a row of the ledger must satisfy."""
    found = [
        DIMENSIONS[name] == value for name, value in _named(wanted).items() if value is not None
    ]
    if wanted.model is not None:
        found.append(
            or_(_ROW.selected_model_name == wanted.model, _ROW.incoming_model_alias == wanted.model)
        )
    if wanted.since is not None:
        found.append(_ROW.start_time >= wanted.since)
    if wanted.until is not None:
        found.append(_ROW.start_time < wanted.until)
    return found


async def sums(
    engine: AsyncEngine, wanted: UsageFilter, by: Sequence[Grouping] = ()
) -> list[UsageSum]:
    """Return the sums for each group that occurs, in the order of the groups' names.

    Without `by` that is one sum of everything, or none if there is no such call.
    """
    found: dict[tuple[str | int, ...], UsageSum] = {}
    async with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            # What was added to the sums must not be counted a second time among the rows.
            await connection.execution_options(isolation_level="REPEATABLE READ")
        for part in await _parts(connection, wanted, by):
            known = found.get(part.group)
            found[part.group] = part if known is None else known.plus(part)
    return [found[group] for group in sorted(found)]


async def _parts(
    connection: AsyncConnection, wanted: UsageFilter, by: Sequence[Grouping]
) -> list[UsageSum]:
    upto = await watermark(connection)
    stale = await stale_days(connection)
    first, last = _whole_days(wanted)
    ranges = _outside(wanted, first, last, stale)
    parts = await _rows(connection, wanted, by, _ROW.id > upto)
    if len(ranges) > _MOST_RANGES:
        return parts + await _rows(connection, wanted, by, _ROW.id <= upto)
    for since, until in ranges:
        narrowed = replace(wanted, since=since, until=until)
        parts += await _rows(connection, narrowed, by, _ROW.id <= upto)
    return parts + await _days(connection, wanted, by, (first, last, stale))


def _whole_days(wanted: UsageFilter) -> tuple[int | None, int | None]:
    first = None if wanted.since is None else -(-wanted.since // DAY_MS)
    last = None if wanted.until is None else wanted.until // DAY_MS
    if first is not None and last is not None and last < first:
        last = first
    return first, last


def _outside(
    wanted: UsageFilter, first: int | None, last: int | None, stale: Iterable[int]
) -> list[tuple[int | None, int | None]]:
    """Return the times of which the sums say nothing: parts of days, and stale days."""
    since, until = wanted.since, wanted.until
    if first is not None and first == last:
        return [(since, until)]
    ranges: list[tuple[int | None, int | None]] = [
        (day * DAY_MS, (day + 1) * DAY_MS)
        for day in stale
        if (first is None or day >= first) and (last is None or day < last)
    ]
    if since is not None and first is not None and since < first * DAY_MS:
        ranges.append((since, first * DAY_MS))
    if until is not None and last is not None and last * DAY_MS < until:
        ranges.append((last * DAY_MS, until))
    return ranges


async def _rows(
    connection: AsyncConnection,
    wanted: UsageFilter,
    by: Sequence[Grouping],
    part: ColumnElement[bool],
) -> list[UsageSum]:
    groups = [DAY if name == "day" else DIMENSIONS[name] for name in by]
    failed = func.count(case((_ROW.response_status.not_in(["success", "pending"]), 1)))
    query = select(*groups, *(e.label(n) for n, e in SUMS.items()), failed.label("failed")).where(
        part, *conditions(wanted)
    )
    return await _read(connection, query.group_by(*groups), len(by))


async def _days(
    connection: AsyncConnection,
    wanted: UsageFilter,
    by: Sequence[Grouping],
    span: tuple[int | None, int | None, Sequence[int]],
) -> list[UsageSum]:
    first, last, stale = span
    groups = [_SUM[name] for name in by]
    numbers = [
        cast(func.sum(_SUM[name]), Double if name == "cost_total" else BigInteger) for name in SUMS
    ]
    failed = case((_SUM.status.not_in(["success", "pending"]), _SUM.requests), else_=0)
    query = select(*groups, *numbers, cast(func.sum(failed), BigInteger))
    named = [_SUM[name] == value for name, value in _named(wanted).items() if value is not None]
    if wanted.model is not None:
        named.append(or_(_SUM.model == wanted.model, _SUM.alias == wanted.model))
    if first is not None:
        named.append(_SUM.day >= first)
    if last is not None:
        named.append(_SUM.day < last)
    if stale:
        named.append(_SUM.day.not_in(stale))
    return await _read(connection, query.where(*named).group_by(*groups), len(by))


def _named(wanted: UsageFilter) -> dict[str, str | None]:
    return {
        "provider": wanted.provider,
        "api_key": wanted.api_key,
        "status": wanted.status,
    }


async def _read(
    connection: AsyncConnection, query: Select[*tuple[Any, ...]], groups: int
) -> list[UsageSum]:
    found: list[UsageSum] = []
    for row in await connection.execute(query):
        values = dict(zip((*SUMS, "failed"), row[groups:], strict=True))
        if values["requests"]:  # sums over nothing are NULL
            found.append(UsageSum(group=tuple(row[:groups]), **values))
    return found
