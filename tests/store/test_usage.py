"""Reading calls, and closing those that nobody will finish."""

from __future__ import annotations

from sqlalchemy import text

from plexus.store.records import HourlyRequests, SpeedSample, UsageRecord, UsageTotals
from plexus.store.store import Store
from plexus.store.usage import INTERRUPTED
from tests.store.calls import START, finished, pending


async def _write(store: Store, *calls: tuple[str, int]) -> None:
    for name, after in calls:
        store.writer.put(finished(name, start_time=START + after))
    await store.writer.flush()


async def test_an_unknown_call_is_none(store: Store) -> None:
    assert await store.usage.get("r1") is None


async def test_the_latest_calls_come_newest_first(store: Store) -> None:
    await _write(store, ("a", 2), ("b", 3), ("c", 1), ("d", 3))
    assert [one.request_id for one in await store.usage.recent(3)] == ["d", "b", "a"]


async def test_the_latest_calls_may_be_those_of_one_key(store: Store) -> None:
    store.writer.put(finished("a", api_key="one"))
    store.writer.put(finished("b", api_key="two"))
    store.writer.put(finished("c", api_key=None))
    await store.writer.flush()
    assert [one.request_id for one in await store.usage.recent(api_key="two")] == ["b"]


async def test_totals_of_nothing_are_zeros(store: Store) -> None:
    totals = await store.usage.totals(0)
    assert totals == UsageTotals(
        requests=0,
        failed=0,
        pending=0,
        tokens_input=0,
        tokens_output=0,
        tokens_reasoning=0,
        tokens_cached=0,
        tokens_cache_write=0,
        cost_total=0.0,
        unpriced=0,
    )
    assert [type(value) for value in (totals.tokens_input, totals.cost_total)] == [int, float]


async def test_totals_sum_what_is_known_since_a_time(store: Store) -> None:
    store.writer.put(finished("before", start_time=START - 1))
    store.writer.put(finished("a"))
    store.writer.put(finished("b", tokens_input=2**40, cost_total=0.5))
    store.writer.put(finished("c", tokens_output=None, cost_total=None))
    store.writer.put(finished("d", response_status="timeout", cost_total=None))
    store.writer.put(pending("e"))
    await store.writer.flush()
    assert await store.usage.totals(START) == UsageTotals(
        requests=5,
        failed=1,
        pending=1,
        tokens_input=300 + 2**40,
        tokens_output=150,
        tokens_reasoning=80,
        tokens_cached=28,
        tokens_cache_write=0,
        cost_total=0.503,
        unpriced=2,
    )
    assert (await store.usage.totals(START, api_key="nobody")).requests == 0


async def test_pending_calls_of_processes_that_are_gone_are_closed(store: Store) -> None:
    store.writer.put(pending("r1"))
    store.writer.put(finished("r2"))
    await store.writer.flush()
    assert await store.usage.close_interrupted([store.instances.id]) == 1
    closed = await store.usage.get("r1")
    assert closed == pending(
        "r1",
        response_status="error",
        error_message=INTERRUPTED,
        instance=store.instances.id,
        created_at=closed.created_at if closed else None,
    )
    assert [one.response_status for one in await store.usage.recent()] == ["success", "error"]


async def test_pending_calls_of_registered_processes_stay_open(store: Store) -> None:
    store.writer.put(pending("r1"))
    await store.writer.flush()
    assert await store.usage.close_interrupted([]) == 0
    assert [one.response_status for one in await store.usage.recent()] == ["pending"]


async def test_pending_calls_of_processes_that_nobody_knows_are_closed(store: Store) -> None:
    store.writer.put(pending("r1"))
    await store.writer.flush()
    await store.instances.unregister()
    assert await store.usage.close_interrupted([]) == 1


async def test_a_call_that_was_closed_too_early_still_gets_its_end(store: Store) -> None:
    store.writer.put(pending("r1"))
    await store.writer.flush()
    await store.usage.close_interrupted([store.instances.id])
    store.writer.put(finished("r1"))
    await store.writer.flush()
    stored = await store.usage.get("r1")
    assert stored is not None
    assert (stored.response_status, stored.error_message) == ("success", None)


async def test_looking_for_pending_calls_reads_no_finished_ones(empty_sqlite: str) -> None:
    store = await Store.open(empty_sqlite)
    async with store.engine.connect() as connection:
        plan = await connection.execute(
            text(
                "EXPLAIN QUERY PLAN UPDATE request_usage SET response_status = 'error' "
                "WHERE response_status = 'pending' AND (instance IN ('a') OR NOT EXISTS "
                "(SELECT * FROM instances WHERE instances.id = request_usage.instance))"
            )
        )
        steps = [row.detail for row in plan]
    await store.close()
    assert any("ix_request_usage_pending" in step for step in steps), steps


def _served(name: str, at: int, **other: object) -> UsageRecord:
    known = {
        "start_time": START + at,
        "door": "gateway",
        "attempt_count": 1,
        "final_attempt_provider": "acme",
        "final_attempt_model": "big",
        "is_streamed": True,
        "duration_ms": 900.0,
        "ttft_ms": 100.0,
        "tokens_output": 40,
    }
    return finished(name, **{**known, **other})


async def test_the_latest_speeds_of_each_target_come_oldest_first(store: Store) -> None:
    for at in range(3):
        store.writer.put(_served(f"a{at}", at, duration_ms=900.0 + at))
    store.writer.put(_served("b", 0, final_attempt_model="small", is_streamed=False, ttft_ms=None))
    store.writer.put(_served("failed", 9, response_status="error"))
    store.writer.put(_served("second try", 9, attempt_count=2))
    store.writer.put(_served("observed", 9, door="observe"))
    await store.writer.flush()
    found = await store.usage.speeds(2)
    assert [(one.model, one.duration_ms) for one in found if one.model == "big"] == [
        ("big", 901.0),
        ("big", 902.0),
    ]
    assert [one for one in found if one.model == "small"] == [
        SpeedSample(
            provider="acme",
            model="small",
            start_time=START,
            is_streamed=False,
            duration_ms=900.0,
            ttft_ms=None,
            tokens_output=40,
        )
    ]
    assert [one.start_time for one in await store.usage.speeds(9, among=5)] == [
        START + 1,
        START + 2,
    ]


async def test_requests_are_counted_by_the_hour(store: Store) -> None:
    hour = START // 3_600_000
    into_next = (hour + 1) * 3_600_000 - START
    store.writer.put(_served("before", -1))
    store.writer.put(_served("a", 0))
    store.writer.put(_served("b", into_next, response_status="error"))
    store.writer.put(_served("c", into_next + 5))
    await store.writer.flush()
    found = await store.usage.hourly(START)
    assert sorted(found, key=lambda one: one.hour) == [
        HourlyRequests(provider="acme", model="big", hour=hour, requests=1),
        HourlyRequests(provider="acme", model="big", hour=hour + 1, requests=2),
    ]
