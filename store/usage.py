"""Read the calls that were made, and close those whose gateway process ended midway."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Double,
    and_,
    case,
    cast,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncEngine

from plexus.store.records import HourlyRequests, SpeedSample, UsageRecord, UsageTotals
from plexus.store.tables import INSTANCES, IS_PENDING, REQUEST_USAGE

INTERRUPTED: Final = "interrupted: the gateway process ended before this call finished"

_COLUMNS: Final = tuple(REQUEST_USAGE.c[one.name] for one in fields(UsageRecord))
_HOUR_MS: Final = 3_600_000
_USAGE: Final = REQUEST_USAGE.c
_SPEED: Final = (
    _USAGE.final_attempt_provider.label("provider"),
    _USAGE.final_attempt_model.label("model"),
    _USAGE.start_time,
    _USAGE.is_streamed,
    _USAGE.duration_ms,
    _USAGE.ttft_ms,
    _USAGE.tokens_output,
)
# Observed calls went where their clients sent them; the rest of the conditions is for old rows.
_IS_OURS: Final = and_(
    _USAGE.door != "observe",
    _USAGE.final_attempt_provider.is_not(None),
    _USAGE.final_attempt_model.is_not(None),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageLog:
    """The rows of `request_usage`; the writer adds them."""

    engine: AsyncEngine

    async def get(self, request_id: str) -> UsageRecord | None:
        """Return one call."""
        query = select(*_COLUMNS).where(REQUEST_USAGE.c.request_id == request_id)
        async with self.engine.connect() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return None if row is None else UsageRecord(**row)

    async def recent(self, limit: int = 50, *, api_key: str | None = None) -> list[UsageRecord]:
        """Return the latest calls, newest first; of one key only, if named."""
        query = select(*_COLUMNS).order_by(
            REQUEST_USAGE.c.start_time.desc(), REQUEST_USAGE.c.id.desc()
        )
        if api_key is not None:
            query = query.where(REQUEST_USAGE.c.api_key == api_key)
        async with self.engine.connect() as connection:
            rows = await connection.execute(query.limit(limit))
            return [UsageRecord(**row) for row in rows.mappings()]

    async def totals(self, since: int, *, api_key: str | None = None) -> UsageTotals:
        """Sum up the calls that started at `since` (ms) or later; zeros where there are none."""
        query = select(*_SUMS).where(REQUEST_USAGE.c.start_time >= since)
        if api_key is not None:
            query = query.where(REQUEST_USAGE.c.api_key == api_key)
        async with self.engine.connect() as connection:
            row = (await connection.execute(query)).mappings().one()
        return UsageTotals(**row)

    async def speeds(self, per_target: int, among: int = 20_000) -> list[SpeedSample]:
        """Return the latest successful calls of each provider and model, oldest first.

        At most `per_target` of each, looked for `among` the latest calls of the ledger: a bound on
        the time that this takes. Calls that needed several attempts say nothing of the last one.
        """
        latest = (
            select(
                *_SPEED,
                func.row_number()
                .over(
                    partition_by=(_USAGE.final_attempt_provider, _USAGE.final_attempt_model),
                    order_by=_USAGE.start_time.desc(),
                )
                .label("place"),
            )
            .where(
                _USAGE.id.in_(select(_USAGE.id).order_by(_USAGE.start_time.desc()).limit(among)),
                _USAGE.response_status == "success",
                _USAGE.attempt_count == 1,
                _IS_OURS,
                _USAGE.duration_ms.is_not(None),
            )
            .subquery()
        )
        columns = [latest.c[one.name] for one in fields(SpeedSample)]
        query = select(*columns).where(latest.c.place <= per_target).order_by(latest.c.start_time)
        async with self.engine.connect() as connection:
            rows = await connection.execute(query)
            return [SpeedSample(**row) for row in rows.mappings()]

    async def hourly(self, since: int) -> list[HourlyRequests]:
        """Count the calls per provider, model and hour that started at `since` (ms) or later."""
        hour = (_USAGE.start_time // _HOUR_MS).label("hour")
        place = (_SPEED[0], _SPEED[1])
        query = (
            select(*place, hour, func.count().label("requests"))
            .where(_USAGE.start_time >= since, _IS_OURS)
            .group_by(_USAGE.final_attempt_provider, _USAGE.final_attempt_model, hour)
        )
        async with self.engine.connect() as connection:
            rows = await connection.execute(query)
            return [HourlyRequests(**row) for row in rows.mappings()]

    async def close_interrupted(self, gone: Sequence[str]) -> int:
        """Close as errors the pending calls of processes that are `gone` or no longer registered.

        Calls of registered processes stay; should one of a process that was given up by mistake
        finish after all, its final row replaces this one. Returns how many calls were closed.
        """
        registered = exists().where(INSTANCES.c.id == REQUEST_USAGE.c.instance)
        statement = (
            update(REQUEST_USAGE)
            .where(IS_PENDING, or_(REQUEST_USAGE.c.instance.in_(gone), ~registered))
            .values(response_status="error", error_message=INTERRUPTED)
        )
        async with self.engine.begin() as connection:
            return (await connection.execute(statement)).rowcount


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))


def _sum(column: Column[int]) -> ColumnElement[int]:
    # PostgreSQL sums BIGINT to NUMERIC, which would come back as a Decimal.
    return cast(func.coalesce(func.sum(column), 0), BigInteger)


_STATUS: Final = REQUEST_USAGE.c.response_status
_SUMS: Final = (
    func.count().label("requests"),
    _count(_STATUS.not_in(["success", "pending"])).label("failed"),
    _count(_STATUS == "pending").label("pending"),
    _sum(REQUEST_USAGE.c.tokens_input).label("tokens_input"),
    _sum(REQUEST_USAGE.c.tokens_output).label("tokens_output"),
    _sum(REQUEST_USAGE.c.tokens_reasoning).label("tokens_reasoning"),
    _sum(REQUEST_USAGE.c.tokens_cached).label("tokens_cached"),
    _sum(REQUEST_USAGE.c.tokens_cache_write).label("tokens_cache_write"),
    cast(func.coalesce(func.sum(REQUEST_USAGE.c.cost_total), 0), Double).label("cost_total"),
    _count(and_(_STATUS != "pending", REQUEST_USAGE.c.cost_total.is_(None))).label("unpriced"),
)
