"""That sums are the same whichever part of them was summed up before."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from plexus.store.store import Store
from plexus.store.tables import REQUEST_USAGE
from plexus.store.usage_days import DAY_MS, UsageDays
from plexus.store.usage_sums import Grouping, UsageFilter, UsageSum, sums
from tests.store.calls import finished, pending

HOUR_MS = DAY_MS // 24


async def fill(store: Store) -> None:
    """Ten days of two calls each at 6 and 18 o'clock, by two keys; and some odd ones."""
    for day in range(10):
        for hour, key in ((6, "a"), (18, "b")):
            start = day * DAY_MS + hour * HOUR_MS
            store.writer.put(finished(f"{day}-{hour}", start_time=start, api_key=key))
    odd = 2 * DAY_MS + 1
    store.writer.put(
        finished("error", start_time=odd, response_status="error", cost_total=None,
                 tokens_output=None, tokens_estimated=True, api_key=None)
    )  # fmt: skip
    store.writer.put(finished("unpriced", start_time=odd, cost_total=None, provider="b"))
    store.writer.put(pending("pending", start_time=odd))
    await store.writer.flush()


FILTERS = [
    UsageFilter(),
    UsageFilter(since=2 * DAY_MS, until=5 * DAY_MS),
    UsageFilter(since=2 * DAY_MS + 7 * HOUR_MS, until=5 * DAY_MS + 7 * HOUR_MS),
    UsageFilter(since=2 * DAY_MS + 7 * HOUR_MS, until=2 * DAY_MS + 19 * HOUR_MS),
    UsageFilter(since=7 * DAY_MS + 1),
    UsageFilter(until=3 * DAY_MS + 1, api_key="a"),
    UsageFilter(provider="b"),
    UsageFilter(model="gpt-x-mini", status="success"),
    UsageFilter(model="fast"),
    UsageFilter(model="nothing"),
]


@pytest.mark.parametrize("by", [(), ("day",), ("api_key",), ("provider", "status")])
async def test_what_was_summed_up_before_changes_nothing(
    store: Store, by: tuple[Grouping, ...]
) -> None:
    await fill(store)
    raw = [await sums(store.engine, wanted, by) for wanted in FILTERS]
    days = UsageDays(engine=store.engine)
    await days.advance(at_most=9)
    partly = [await sums(store.engine, wanted, by) for wanted in FILTERS]
    await days.catch_up()
    wholly = [await sums(store.engine, wanted, by) for wanted in FILTERS]
    async with store.engine.begin() as connection:
        ended = REQUEST_USAGE.c.response_status != "pending"
        await connection.execute(update(REQUEST_USAGE).where(ended).values(tokens_input=100))
    stale = [await sums(store.engine, wanted, by) for wanted in FILTERS]
    assert rounded(raw) == rounded(partly) == rounded(wholly) == rounded(stale)
    assert raw[-1] == []


def rounded(found: list[list[UsageSum]]) -> list[list[str]]:
    return [
        [f"{s.group} {s.requests} {s.failed} {s.tokens_input} {s.cost_total:.9f}" for s in one]
        for one in found
    ]


async def test_a_sum_has_everything_in_it(store: Store) -> None:
    await fill(store)
    (found,) = await sums(store.engine, UsageFilter(since=2 * DAY_MS, until=2 * DAY_MS + 2))
    assert found == UsageSum(
        requests=3, failed=1, estimated=1, unpriced=1, tokens_input=200, tokens_output=50,
        tokens_reasoning=40, tokens_cached=14, tokens_cache_write=0, cost_total=0.0,
    )  # fmt: skip


async def test_very_many_stale_days_are_read_from_the_rows(store: Store) -> None:
    for day in range(60):
        store.writer.put(finished(f"{day}", start_time=day * DAY_MS))
    await store.writer.flush()
    await UsageDays(engine=store.engine).catch_up()
    async with store.engine.begin() as connection:
        await connection.execute(update(REQUEST_USAGE).values(cost_total=1.0))
    (found,) = await sums(store.engine, UsageFilter())
    assert (found.requests, found.cost_total) == (60, 60.0)
