"""That the sums by day say what the rows say, whatever happens to the rows."""

from __future__ import annotations

from sqlalchemy import delete, func, select, update

from plexus.store.store import Store
from plexus.store.tables import REQUEST_USAGE, USAGE_DAYS
from plexus.store.usage_days import DAY_MS, UsageDays, stale_days
from tests.store.calls import finished, pending


async def enter(store: Store, *rows: object) -> None:
    for row in rows:
        store.writer.put(row)  # type: ignore[arg-type]  # records
    await store.writer.flush()


async def days(store: Store) -> dict[int, tuple[int, float]]:
    query = select(
        USAGE_DAYS.c.day, func.sum(USAGE_DAYS.c.requests), func.sum(USAGE_DAYS.c.cost_total)
    ).group_by(USAGE_DAYS.c.day)
    async with store.engine.connect() as connection:
        return {day: (int(n), round(usd, 9)) for day, n, usd in await connection.execute(query)}


async def test_rows_are_summed_up_once(store: Store) -> None:
    sums = UsageDays(engine=store.engine)
    await enter(store, finished("a", start_time=3 * DAY_MS), finished("b", start_time=3 * DAY_MS))
    await sums.catch_up()
    await enter(store, finished("c", start_time=4 * DAY_MS - 1))
    await sums.catch_up()
    await sums.catch_up()
    assert await days(store) == {3: (3, 0.009)}
    assert not await sums.advance()


async def test_a_call_under_way_holds_up_those_behind_it(store: Store) -> None:
    sums = UsageDays(engine=store.engine)
    await enter(store, finished("a", start_time=0), pending("b", start_time=0))
    await enter(store, finished("c", start_time=0))
    await sums.catch_up()
    assert await days(store) == {0: (1, 0.003)}
    await enter(store, finished("b", start_time=0))
    await sums.catch_up()
    assert await days(store) == {0: (3, 0.009)}


async def test_changed_and_deleted_rows_are_summed_up_anew(store: Store) -> None:
    sums = UsageDays(engine=store.engine)
    await enter(
        store,
        finished("a", start_time=0),
        finished("b", start_time=0),
        finished("c", start_time=DAY_MS),
    )
    await sums.catch_up()
    row = REQUEST_USAGE.c.request_id
    async with store.engine.begin() as connection:
        await connection.execute(update(REQUEST_USAGE).where(row == "a").values(cost_total=1.0))
        await connection.execute(delete(REQUEST_USAGE).where(row == "c"))
    await sums.catch_up()
    assert await days(store) == {0: (2, 1.003)}
    async with store.engine.connect() as connection:
        assert await stale_days(connection) == []


async def test_much_is_done_in_small_steps(store: Store) -> None:
    sums = UsageDays(engine=store.engine)
    await enter(store, *(finished(f"r{n}", start_time=0) for n in range(5)))
    assert await sums.advance(at_most=2)
    assert await days(store) == {0: (2, 0.006)}
    await sums.catch_up()
    assert await days(store) == {0: (5, 0.015)}


async def test_rows_that_get_the_numbers_of_deleted_ones_are_summed_up_too(store: Store) -> None:
    sums = UsageDays(engine=store.engine)
    await enter(store, *(finished(f"old{n}", start_time=0) for n in range(5)))
    await sums.catch_up()
    row = REQUEST_USAGE.c.request_id
    async with store.engine.begin() as connection:
        for name in ("old2", "old4", "old3"):
            await connection.execute(delete(REQUEST_USAGE).where(row == name))
    await enter(store, finished("new", start_time=0))
    await sums.catch_up()
    assert await days(store) == {0: (3, 0.009)}
    async with store.engine.begin() as connection:
        await connection.execute(delete(REQUEST_USAGE))
    await enter(store, finished("newer", start_time=DAY_MS))
    await sums.catch_up()
    assert await days(store) == {1: (1, 0.003)}
