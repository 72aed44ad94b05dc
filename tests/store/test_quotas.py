"""How much of a quota is used and reserved: exact whoever asks, and how many at once."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from plexus.addons.metering.quota_meter import QuotaMeter
from plexus.store.quotas import Ask, Bucket, Debit, Level
from plexus.store.store import Store
from tests.store import quota_child
from tests.store.calls import START

ROOT = Path(__file__).parents[2]
MINUTE = 60_000
HOUR = 60 * MINUTE
REQUESTS = Bucket(owner="app", quota="calls", limit_type="requests", period="daily")
TOKENS = Bucket(owner="app", quota="words", limit_type="tokens", period="daily")
# 3,600 tokens an hour: one a second leaks away.
LEAKY = replace(TOKENS, quota="leaky", period="rolling 1h", leak=3600 / HOUR)


class Clock:
    """A time that a test sets."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


@asynccontextmanager
async def opened(url: str, clock: Callable[[], int]) -> AsyncIterator[Store]:
    """A store with this clock."""
    store = await Store.open(url, clock=clock)
    try:
        yield store
    finally:
        await store.close()


def one_call(bucket: Bucket = REQUESTS, limit: float = 3.0, **other: bool) -> Ask:
    """A reservation of one request."""
    return Ask(bucket=bucket, limit=limit, amount=1.0, whole=True, **other)


def some(amount: float, bucket: Bucket = TOKENS, limit: float = 100.0, **other: bool) -> Ask:
    """A reservation of tokens."""
    return Ask(bucket=bucket, limit=limit, amount=amount, **other)


def ended(ask: Ask, used: float) -> Debit:
    """The end of a reservation."""
    return Debit(bucket=ask.bucket, amount=ask.amount, used=used)


async def level(store: Store, bucket: Bucket) -> Level:
    """A row."""
    return (await store.quotas.levels([bucket.place]))[bucket.place]


async def granted(store: Store, *asks: Ask) -> set[str]:
    """The names of the quotas of which was reserved."""
    return {quota for _, quota in await store.quotas.reserve(asks)}


async def test_requests_are_granted_up_to_the_limit_and_none_beyond(store: Store) -> None:
    found = [await granted(store, one_call()) for _ in range(5)]
    row = await level(store, REQUESTS)
    assert found == [{"calls"}] * 3 + [set()] * 2
    assert (row.usage, row.reserved) == (0.0, 3.0)


async def test_what_was_reserved_and_not_used_can_be_had_by_another(store: Store) -> None:
    ask = one_call(limit=1.0)
    first = await granted(store, ask)
    second = await granted(store, ask)
    await store.quotas.settle([ended(ask, 0.0)])
    third = await granted(store, ask)
    assert (first, second, third) == ({"calls"}, set(), {"calls"})


async def test_use_takes_the_place_of_its_reservation(store: Store) -> None:
    await store.quotas.reserve([some(60.0)])
    await store.quotas.settle([ended(some(60.0), 25.0)])
    row = await level(store, TOKENS)
    assert (row.usage, row.reserved, row.held) == (25.0, 0.0, "{}")


async def test_a_reservation_larger_than_the_rest_is_granted_only_while_nothing_else_is_reserved(
    store: Store,
) -> None:
    await store.quotas.settle([ended(some(0.0), 90.0)])
    alone = await granted(store, some(500.0))
    beside = await granted(store, some(1.0))
    await store.quotas.settle([ended(some(500.0), 9.0)])
    still_below = await granted(store, some(500.0))
    await store.quotas.settle([ended(some(500.0), 1.0)])
    used_up = await granted(store, some(0.0))
    assert (alone, beside, still_below, used_up) == ({"words"}, set(), {"words"}, set())


async def test_of_several_quotas_all_are_reserved_or_none(store: Store) -> None:
    await store.quotas.settle([ended(some(0.0), 100.0)])
    found = await granted(store, one_call(), some(1.0))
    rows = await store.quotas.levels()
    assert found == set()
    assert [row.reserved for row in rows.values()] == [0.0, 0.0]


async def test_a_quota_that_is_not_required_stops_only_itself(store: Store) -> None:
    await store.quotas.settle([ended(some(0.0), 100.0)])
    assert await granted(store, one_call(), some(1.0, required=False)) == {"calls"}


async def test_a_quota_that_does_not_block_is_counted_beyond_its_limit(store: Store) -> None:
    ask = one_call(limit=1.0, blocks=False)
    found = [await granted(store, ask) for _ in range(3)]
    assert found == [{"calls"}] * 3
    assert (await level(store, REQUESTS)).reserved == 3.0


async def test_a_leaky_bucket_empties_at_its_rate_and_not_below_nothing(database_url: str) -> None:
    clock = Clock()
    async with opened(database_url, clock) as store:
        await store.quotas.settle([ended(some(0.0, LEAKY), 100.0)])
        seen = []
        for wait_ms in (0, 10_000, 30_000, HOUR):
            clock.now += wait_ms
            (row,) = (await store.quotas.reserve([some(0.0, LEAKY, 3600.0)])).values()
            seen.append(row.usage)
    assert seen == pytest.approx([100.0, 90.0, 60.0, 0.0])


async def test_a_clock_that_goes_back_neither_fills_nor_empties_a_bucket(database_url: str) -> None:
    clock = Clock()
    async with opened(database_url, clock) as store:
        await store.quotas.settle([ended(some(0.0, LEAKY), 100.0)])
        clock.now -= 5 * MINUTE
        (back,) = (await store.quotas.reserve([some(0.0, LEAKY, 3600.0)])).values()
        clock.now += 5 * MINUTE
        (again,) = (await store.quotas.reserve([some(0.0, LEAKY, 3600.0)])).values()
    assert (back.usage, again.usage) == (100.0, 100.0)


async def test_a_row_from_a_far_future_leaks_again_from_now_on(database_url: str) -> None:
    clock = Clock()
    async with opened(database_url, clock) as store:
        clock.now += 1000 * HOUR
        await store.quotas.settle([ended(some(0.0, LEAKY), 100.0)])
        clock.now -= 1000 * HOUR
        await store.quotas.reserve([some(0.0, LEAKY, 3600.0)])
        clock.now += 10_000
        (row,) = (await store.quotas.reserve([some(0.0, LEAKY, 3600.0)])).values()
    assert row.usage == pytest.approx(90.0)


async def test_a_new_window_begins_empty_and_keeps_what_is_reserved(store: Store) -> None:
    first = replace(TOKENS, window_start=START)
    await store.quotas.reserve([some(40.0, first)])
    await store.quotas.settle([Debit(bucket=first, amount=10.0, used=10.0)])
    later = replace(TOKENS, window_start=START + HOUR)
    (row,) = (await store.quotas.reserve([some(5.0, later)])).values()
    assert (row.usage, row.reserved, row.window_start) == (0.0, 35.0, START + HOUR)


async def test_a_clock_that_goes_back_over_midnight_stays_in_the_new_window(
    database_url: str,
) -> None:
    async with opened(database_url, Clock()) as store:
        today = replace(TOKENS, window_start=START)
        await store.quotas.settle([Debit(bucket=today, amount=0.0, used=7.0)])
        yesterday = replace(TOKENS, window_start=START - 24 * HOUR)
        await store.quotas.settle([Debit(bucket=yesterday, amount=0.0, used=1.0)])
        row = await level(store, TOKENS)
    assert (row.usage, row.window_start) == (8.0, START)


@pytest.mark.parametrize("change", [{"limit_type": "cost"}, {"period": "weekly"}])
async def test_a_quota_of_another_type_or_period_begins_empty(
    store: Store, change: dict[str, str]
) -> None:
    old = some(20.0)
    await store.quotas.reserve([old])
    await store.quotas.settle([Debit(bucket=TOKENS, amount=10.0, used=10.0)])
    other = some(1.0, replace(TOKENS, **change))
    (row,) = (await store.quotas.reserve([other])).values()
    await store.quotas.settle([ended(old, 20.0)])  # a call that began under the old one
    after = await level(store, TOKENS)
    assert (row.usage, row.reserved) == (0.0, 1.0)
    assert (after.usage, after.reserved) == (0.0, 1.0)


async def test_a_limit_lowered_below_what_is_used_stops_at_once(store: Store) -> None:
    await store.quotas.settle([ended(some(0.0), 50.0)])
    before = await granted(store, some(1.0, limit=100.0))
    after = await granted(store, some(1.0, limit=40.0))
    assert (before, after) == ({"words"}, set())


async def test_sums_of_small_amounts_leave_nothing_reserved(store: Store) -> None:
    ask = some(0.1)
    for _ in range(7):
        await store.quotas.reserve([ask])
    for _ in range(7):
        await store.quotas.settle([ended(ask, 0.1)])
    row = await level(store, TOKENS)
    assert row.held == "{}"
    assert row.usage == pytest.approx(0.7)


async def test_a_reservation_can_be_settled_though_nothing_was_reserved(store: Store) -> None:
    await store.quotas.settle([Debit(bucket=TOKENS, amount=50.0, used=3.0)])
    row = await level(store, TOKENS)
    assert (row.usage, row.held) == (3.0, "{}")


async def test_what_a_process_holds_that_is_gone_is_given_back_by_the_sweep(
    database_url: str,
) -> None:
    async with opened(database_url, Clock()) as here:
        there = await Store.open(database_url, clock=Clock())
        await here.quotas.reserve([some(10.0)])
        await there.quotas.reserve([some(20.0)])
        await here.instances.forget([there.instances.id])
        await here.sweep()
        row = await level(here, TOKENS)
        await there.close()
    assert row.reserved == 10.0


async def test_sweeps_and_calls_of_many_quotas_never_wait_for_each_other(
    database_url: str,
) -> None:
    stores = [await Store.open(database_url) for _ in range(2)]
    places = [replace(TOKENS, quota=f"q{number}") for number in range(6)]
    asks = [some(1.0, bucket, 1e6) for bucket in places]

    async def work(number: int) -> None:
        store = stores[number % 2]
        mine = asks if number % 3 else asks[::-1]
        await store.quotas.reserve(mine)
        await store.quotas.release_lost()
        await store.quotas.settle([ended(ask, 1.0) for ask in mine[::-1]])

    await asyncio.gather(*(work(number) for number in range(60)))
    rows = await stores[0].quotas.levels()
    for store in stores:
        await store.close()
    assert [(row.usage, row.held) for row in rows.values()] == [(60.0, "{}")] * 6


async def test_closing_gives_back_what_the_process_holds(database_url: str) -> None:
    async with opened(database_url, Clock()) as here:
        async with opened(database_url, Clock()) as there:
            await there.quotas.reserve([some(20.0)])
        assert (await level(here, TOKENS)).held == "{}"


async def test_a_reset_empties_one_quota_of_an_owner_or_all_of_them(store: Store) -> None:
    shared = replace(TOKENS, owner="*")
    for bucket in (REQUESTS, TOKENS, shared):
        await store.quotas.settle([Debit(bucket=bucket, amount=0.0, used=5.0)])
    one = await store.quotas.reset("app", "calls")
    after_one = {place: row.usage for place, row in (await store.quotas.levels()).items()}
    both = await store.quotas.reset("app")
    left = {place: row.usage for place, row in (await store.quotas.levels()).items()}
    assert (one, both) == (1, 2)
    assert after_one == {("*", "words"): 5.0, ("app", "calls"): 0.0, ("app", "words"): 5.0}
    assert left == {("*", "words"): 5.0, ("app", "calls"): 0.0, ("app", "words"): 0.0}


async def test_use_can_be_set_and_what_is_reserved_stays(store: Store) -> None:
    await store.quotas.reserve([some(20.0)])
    await store.quotas.put(replace(TOKENS, window_start=START), 33.0)
    row = await level(store, TOKENS)
    assert (row.usage, row.reserved, row.window_start) == (33.0, 20.0, START)


async def test_a_row_that_somebody_removed_comes_back(store: Store) -> None:
    await store.quotas.reserve([one_call()])
    await store.quotas.runner.run("DELETE FROM user_quotas", {})
    refused = await granted(store, one_call())
    missed = await store.quotas.levels([REQUESTS.place])
    assert (refused, missed) == (set(), {})
    assert await granted(store, one_call()) == {"calls"}


async def test_of_many_at_once_no_more_are_granted_than_fit(database_url: str) -> None:
    stores = [await Store.open(database_url) for _ in range(4)]
    asks = [one_call(limit=50.0), some(10.0, limit=400.0)]
    calls = [stores[n % 4].quotas.reserve(asks) for n in range(200)]
    found = await asyncio.gather(*calls)
    rows = await stores[0].quotas.levels()
    for store in stores:
        await store.close()
    assert sum(bool(one) for one in found) == 40
    assert [row.reserved for row in rows.values()] == [40.0, 400.0]


@pytest.mark.parametrize("unit", ["requests", "tokens", "cost"])
async def test_200_calls_of_several_processes_keep_to_the_limit_and_a_killed_one_leaves_nothing(
    database_url: str, unit: str
) -> None:
    others = 3 if database_url.startswith("sqlite") else 1
    doomed = await child(database_url, unit, calls=5, held=10)
    told = await until(doomed, b"holds")
    busy = [await child(database_url, unit, calls=180 // others, held=0) for _ in range(others)]
    for one in busy:
        await until(one, b"ready")
    doomed.kill()  # in the middle of the others' work; nobody sweeps before they have ended
    outputs = await asyncio.gather(*(out(one).read() for one in busy))
    await asyncio.gather(*(one.wait() for one in (doomed, *busy)))
    used = amounts(b"".join([told, *outputs]))
    held = int(told.split()[-1])

    store = await Store.open(database_url)  # finds the dead process and takes its part back
    (row,) = (await store.quotas.levels()).values()
    meter = QuotaMeter(store.quotas)
    more = 0.0
    for number in range(100):  # one after the other, the rest can be used to the last bit
        one = quota_child.call(f"late-{number}", quota_child.configured(unit))
        if await quota_child.reserved(meter, one):
            more += quota_child.settled(meter, one, unit)
    await meter.ledger.flush()
    (end,) = (await store.quotas.levels()).values()
    await store.close()

    assert held == 10
    assert [one.returncode for one in busy] == [0] * others
    assert row.held == "{}"
    assert row.usage == pytest.approx(sum(used), rel=1e-3)  # a little has leaked away
    assert end.usage == pytest.approx(sum(used) + more, rel=1e-3)
    limit = quota_child.LIMITS[unit]
    if unit == "requests":
        assert (sum(used), more) == (90, 10)  # what the killed one held was kept from the others
    else:  # the last one begins below the limit, with nothing else under way, and may go beyond
        assert sum(used) <= limit - 10 * quota_child.reservation(unit)
        assert limit <= sum(used) + more < limit + quota_child.reservation(unit)


async def child(url: str, unit: str, *, calls: int, held: int) -> asyncio.subprocess.Process:
    """A process that makes calls."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.store.quota_child", url, unit, str(calls), str(held)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )


def out(one: asyncio.subprocess.Process) -> asyncio.StreamReader:
    """What a process says."""
    assert one.stdout is not None
    return one.stdout


async def until(one: asyncio.subprocess.Process, words: bytes) -> bytes:
    """What a process says up to a line with these words."""
    lines = [b""]
    while words not in lines[-1]:
        lines.append(await asyncio.wait_for(out(one).readline(), 30))
        assert lines[-1], "it has ended"
    return b"".join(lines)


def amounts(said: bytes) -> list[float]:
    """What the calls of a process used."""
    return [float(line.split()[1]) for line in said.splitlines() if line.startswith(b"used")]
