"""Go through the calls of the ledger, however many there are, and rate them again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import fields
from typing import Final

from sqlalchemy import and_, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from plexus.store.records import UsageRecord
from plexus.store.tables import REQUEST_USAGE
from plexus.store.usage_sums import UsageFilter, conditions

BATCH: Final = 1_000

# What another rating may change; what was measured or reported is not among it.
COSTS: Final = (
    "cost_input", "cost_output", "cost_cached", "cost_cache_write", "cost_total", "cost_source",
    "cost_metadata",
)  # fmt: skip

_ROW: Final = REQUEST_USAGE.c
_COLUMNS: Final = tuple(_ROW[one.name] for one in fields(UsageRecord))


async def latest(engine: AsyncEngine, wanted: UsageFilter, limit: int) -> list[UsageRecord]:
    """Return the latest calls, newest first."""
    query = select(*_COLUMNS).where(*conditions(wanted))
    query = query.order_by(_ROW.start_time.desc(), _ROW.id.desc()).limit(limit)
    async with engine.connect() as connection:
        return [UsageRecord(**row) for row in (await connection.execute(query)).mappings()]


async def batches(
    engine: AsyncEngine, wanted: UsageFilter, size: int = BATCH
) -> AsyncIterator[list[UsageRecord]]:
    """Yield all calls in the order of their start, some at a time."""
    after: tuple[int, int] | None = None
    while True:
        query = select(_ROW.id, *_COLUMNS).where(*conditions(wanted))
        if after is not None:
            start, row_id = after
            query = query.where(
                _ROW.start_time >= start,
                or_(_ROW.start_time > start, and_(_ROW.start_time == start, _ROW.id > row_id)),
            )
        query = query.order_by(_ROW.start_time, _ROW.id).limit(size)
        async with engine.connect() as connection:
            rows = (await connection.execute(query)).mappings().all()
        if not rows:
            return
        after = rows[-1]["start_time"], rows[-1]["id"]
        yield [UsageRecord(**{n: v for n, v in row.items() if n != "id"}) for row in rows]


async def rewrite_costs(engine: AsyncEngine, rated: Sequence[UsageRecord]) -> int:
    """Store the costs of these calls, and nothing else of them; return how many were there."""
    if not rated:
        return 0
    statement = (
        update(REQUEST_USAGE)
        .where(_ROW.request_id == bindparam("of"))
        .values({name: bindparam(f"new_{name}") for name in COSTS})
    )
    async with engine.begin() as connection:
        done = await connection.execute(statement, [_parameters(row) for row in rated])
    return done.rowcount


def _parameters(row: UsageRecord) -> Mapping[str, object]:
    return {"of": row.request_id, **{f"new_{name}": getattr(row, name) for name in COSTS}}
