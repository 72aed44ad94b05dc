"""Retention: what is too old goes, in small steps; everything else stays."""

from dataclasses import replace

import pytest
from sqlalchemy import insert, select
from sqlalchemy.schema import Column

from plexus.store.records import TraceRecord, UsageRecord
from plexus.store.retention import BATCH, DAY_MS, Ages, remove_expired
from plexus.store.store import Store
from plexus.store.tables import DEBUG_LOGS, REQUEST_USAGE

NOW = 100 * DAY_MS


async def no_pause(_: float) -> None:
    """Go on at once."""


async def remove(store: Store, ages: Ages) -> dict[str, int]:
    return await remove_expired(store.engine, ages, now=NOW, pause=no_pause)


async def left(store: Store, column: Column[str]) -> set[str]:
    async with store.engine.connect() as connection:
        return set((await connection.execute(select(column))).scalars())


def call(name: str, days: float, **other: object) -> UsageRecord:
    made = UsageRecord(
        request_id=name, start_time=NOW - int(days * DAY_MS), response_status="success"
    )
    return replace(made, **other)  # type: ignore[arg-type]  # fields of the record


async def enter(store: Store, *calls: UsageRecord) -> None:
    for one in calls:
        store.writer.put(one)
    await store.writer.flush()


async def trace(store: Store, name: str, days: float) -> None:
    at = NOW - int(days * DAY_MS)
    await store.traces.add([TraceRecord(request_id=name, created_at=at, content=b"{}")])


async def test_traces_go_after_thirty_days(store: Store) -> None:
    await trace(store, "old", 30.01)
    await trace(store, "young", 29.99)
    assert await remove(store, Ages()) == {"traces": 1}
    assert await left(store, DEBUG_LOGS.c.request_id) == {"young"}


async def test_calls_stay_for_ever_unless_somebody_says_otherwise(store: Store) -> None:
    await enter(store, call("ancient", 90))
    assert await remove(store, Ages()) == {"traces": 0}
    assert await left(store, REQUEST_USAGE.c.request_id) == {"ancient"}


async def test_calls_older_than_configured_go(store: Store) -> None:
    await enter(store, call("old", 8), call("failed", 8, response_status="error"), call("new", 6))
    assert await remove(store, Ages(usage=7)) == {"traces": 0, "usage": 2}
    assert await left(store, REQUEST_USAGE.c.request_id) == {"new"}


async def test_failed_calls_can_go_earlier_but_not_those_that_cost_something(
    store: Store,
) -> None:
    await enter(
        store,
        call("failed", 8, response_status="error"),
        call("interrupted", 8, response_status="error", error_message="interrupted: …"),
        call("refused", 8, response_status="quota_exceeded", cost_total=0.0),
        call("costly", 8, response_status="error", cost_total=0.01),
        call("unpriced", 8, response_status="error", tokens_output=5),
        call("fine", 8),
        call("cancelled", 8, response_status="cancelled"),
        call("fresh", 6, response_status="error"),
    )
    assert await remove(store, Ages(errors=7)) == {"traces": 0, "errors": 3}
    assert await left(store, REQUEST_USAGE.c.request_id) == {
        "costly", "unpriced", "fine", "cancelled", "fresh",
    }  # fmt: skip


@pytest.mark.parametrize("rows", [BATCH, 2 * BATCH + 1])
async def test_many_rows_go_in_small_transactions_with_pauses_between(
    store: Store, rows: int
) -> None:
    async with store.engine.begin() as connection:
        old = {"created_at": 1, "content": b"x"}
        await connection.execute(
            insert(DEBUG_LOGS), [{"request_id": str(n)} | old for n in range(rows)]
        )
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    removed = await remove_expired(store.engine, Ages(), now=NOW, pause=pause)
    assert removed == {"traces": rows}
    assert len(pauses) == rows // BATCH
    assert await left(store, DEBUG_LOGS.c.request_id) == set()
