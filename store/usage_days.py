"""Keep `usage_days`, the sums over the ledger by day, so that a million rows need not be read.

Rows are added once nothing before them is under way. Rows that change later make their day stale
(`triggers.py`), and stale days are summed up anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    and_,
    case,
    cast,
    delete,
    func,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from plexus.store.inserts import insert_into
from plexus.store.tables import (
    IS_PENDING,
    REQUEST_USAGE,
    USAGE_DAYS,
    USAGE_DAYS_STALE,
    WATERMARKS,
)

DAY_MS: Final = 86_400_000
MARK: Final = "usage_days"
# Row numbers in a transaction: some 15 ms, half of what the writer waits for a lock (`sinks.py`).
AT_ONCE: Final = 2_000

_ROW: Final = REQUEST_USAGE.c

DIMENSIONS: Final[Mapping[str, ColumnElement[str]]] = {
    "provider": func.coalesce(_ROW.provider, ""),
    "model": func.coalesce(_ROW.selected_model_name, ""),
    "alias": func.coalesce(_ROW.incoming_model_alias, ""),
    "api_key": func.coalesce(_ROW.api_key, ""),
    "status": _ROW.response_status,
}
DAY: Final[ColumnElement[int]] = _ROW.start_time // DAY_MS

# A call that nobody answered costs nothing; one that was answered and has no cost is unpriced.
_UNPRICED: Final = and_(
    _ROW.cost_total.is_(None),
    _ROW.response_status != "pending",
    or_(_ROW.response_status == "success", _ROW.tokens_output.is_not(None)),
)


def _total(value: ColumnElement[int]) -> ColumnElement[int]:
    # PostgreSQL sums BIGINT to NUMERIC, which would come back as a Decimal.
    return cast(func.coalesce(func.sum(value), 0), BigInteger)


SUMS: Final[Mapping[str, ColumnElement[int] | ColumnElement[float]]] = {
    "requests": func.count(),
    "estimated": func.count(case((_ROW.tokens_estimated, 1))),
    "unpriced": func.count(case((_UNPRICED, 1))),
    "tokens_input": _total(_ROW.tokens_input),
    "tokens_output": _total(_ROW.tokens_output),
    "tokens_reasoning": _total(_ROW.tokens_reasoning),
    "tokens_cached": _total(_ROW.tokens_cached),
    "tokens_cache_write": _total(_ROW.tokens_cache_write),
    "cost_total": cast(func.coalesce(func.sum(_ROW.cost_total), 0.0), Double),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageDays:
    """The upkeep of `usage_days`; several processes may do it at once."""

    engine: AsyncEngine

    async def catch_up(self) -> None:
        """Sum up all that is finished."""
        while await self.advance():
            pass

    async def advance(self, at_most: int = AT_ONCE) -> bool:
        """Sum up so many row numbers at most; return whether there may be more to do."""
        async with self.engine.connect() as connection:
            await _lock(connection)
            old = await watermark(connection)
            new = await _next(connection, old, at_most)
            if new > old:
                await _add(connection, _ROW.id > old, _ROW.id <= new)
                await _keep(connection, new)
            renewed = await _renew_stale(connection, new)
            await connection.commit()
        return new > old or renewed


async def watermark(connection: AsyncConnection) -> int:
    """Return up to which row number the sums go."""
    query = select(WATERMARKS.c.row_id).where(WATERMARKS.c.name == MARK)
    return (await connection.execute(query)).scalar() or 0


async def stale_days(connection: AsyncConnection) -> list[int]:
    """Return the days whose sums do not hold."""
    query = select(USAGE_DAYS_STALE.c.day).distinct().order_by(USAGE_DAYS_STALE.c.day)
    return list((await connection.execute(query)).scalars())


async def _lock(connection: AsyncConnection) -> None:
    # Row numbers are given before rows can be seen: nobody may be between the two.
    if connection.dialect.name == "sqlite":
        await connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        await connection.exec_driver_sql("LOCK TABLE request_usage IN SHARE ROW EXCLUSIVE MODE")


async def _next(connection: AsyncConnection, old: int, at_most: int) -> int:
    last = (await connection.execute(select(func.max(_ROW.id)))).scalar() or 0
    upto = min(last, old + at_most)
    under_way = select(func.min(_ROW.id)).where(_ROW.id > old, _ROW.id <= upto, IS_PENDING)
    pending = (await connection.execute(under_way)).scalar()
    return max(old, upto if pending is None else pending - 1)


async def _keep(connection: AsyncConnection, row_id: int) -> None:
    statement = insert_into(connection.dialect.name, WATERMARKS).values(name=MARK, row_id=row_id)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"row_id": row_id})
    )


async def _renew_stale(connection: AsyncConnection, upto: int) -> bool:
    days = (await stale_days(connection))[:10]
    for day in days:
        await connection.execute(delete(USAGE_DAYS).where(USAGE_DAYS.c.day == day))
        begins = day * DAY_MS
        await _add(
            connection,
            _ROW.start_time >= begins,
            _ROW.start_time < begins + DAY_MS,
            _ROW.id <= upto,
        )
        await connection.execute(delete(USAGE_DAYS_STALE).where(USAGE_DAYS_STALE.c.day == day))
    return bool(days)


async def _add(connection: AsyncConnection, *conditions: ColumnElement[bool]) -> None:
    found = (
        select(DAY.label("day"), *(e.label(n) for n, e in {**DIMENSIONS, **SUMS}.items()))
        .where(*conditions)
        .group_by(DAY, *DIMENSIONS.values())
    )
    names = ["day", *DIMENSIONS, *SUMS]
    statement = insert_into(connection.dialect.name, USAGE_DAYS).from_select(names, found)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["day", *DIMENSIONS],
            set_={name: USAGE_DAYS.c[name] + statement.excluded[name] for name in SUMS},
        )
    )
