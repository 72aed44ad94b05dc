"""Remove what is older than it may be, a little at a time (controlplane.md §6.4)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Column, ColumnElement, and_, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from plexus.store.tables import DEBUG_LOGS, REQUEST_USAGE

BATCH: Final = 500  # rows that are removed in one transaction
DAY_MS: Final = 86_400_000
_PAUSE_S: Final = 0.02  # for others who want to write

type Pause = Callable[[float], Awaitable[object]]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ages:
    """How long records are kept, in days; `None`: for ever."""

    traces: float | None = 30.0
    usage: float | None = None
    errors: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    name: str
    age: Callable[[Ages], float | None]
    key: Column[str]
    at: Column[int]  # ms since 1970
    only: ColumnElement[bool] | None = None


_USAGE: Final = REQUEST_USAGE.c
# Failed and interrupted calls that cost nothing: rows with a cost are the ledger's.
_IS_FREE_ERROR: Final = and_(
    _USAGE.response_status.in_(("error", "quota_exceeded")),
    or_(_USAGE.cost_total.is_(None), _USAGE.cost_total == 0),
    func.coalesce(_USAGE.tokens_output, 0) == 0,
)
_RULES: Final = (
    _Rule(
        name="traces",
        age=lambda ages: ages.traces,
        key=DEBUG_LOGS.c.request_id,
        at=DEBUG_LOGS.c.created_at,
    ),
    _Rule(
        name="errors",
        age=lambda ages: ages.errors,
        key=_USAGE.request_id,
        at=_USAGE.start_time,
        only=_IS_FREE_ERROR,
    ),
    _Rule(name="usage", age=lambda ages: ages.usage, key=_USAGE.request_id, at=_USAGE.start_time),
)


async def remove_expired(
    engine: AsyncEngine, ages: Ages, *, now: int, pause: Pause = asyncio.sleep
) -> dict[str, int]:
    """Remove what has expired at `now` (ms since 1970); return how many rows of which kind.

    In small transactions with pauses between them, so that nobody waits for long. Raises one of
    `errors.TROUBLE`.
    """
    removed: dict[str, int] = {}
    for rule in _RULES:
        days = rule.age(ages)
        if days is not None:
            removed[rule.name] = await _remove(engine, rule, now - int(days * DAY_MS), pause)
    told = " ".join(f"{name}={count}" for name, count in removed.items() if count)
    if told:
        log.info("retention.removed %s", told)
    return removed


async def _remove(engine: AsyncEngine, rule: _Rule, before: int, pause: Pause) -> int:
    conditions: Sequence[ColumnElement[bool]] = (
        [rule.at < before] if rule.only is None else [rule.at < before, rule.only]
    )
    old = select(rule.key).where(*conditions).order_by(rule.at).limit(BATCH)
    statement = delete(rule.key.table).where(rule.key.in_(old.scalar_subquery()))
    removed = 0
    while True:
        async with engine.begin() as connection:
            batch = (await connection.execute(statement)).rowcount
        removed += batch
        if batch < BATCH:
            return removed
        await pause(_PAUSE_S)
