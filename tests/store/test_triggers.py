"""That changed rows make their day stale, and new ones do not."""

from __future__ import annotations

from sqlalchemy import delete, insert, select, update

from plexus.store.store import Store
from plexus.store.tables import REQUEST_USAGE, USAGE_DAYS_STALE
from tests.store.calls import finished, pending

DAY_MS = 86_400_000


async def stale(store: Store) -> list[int]:
    async with store.engine.connect() as connection:
        return list((await connection.execute(select(USAGE_DAYS_STALE.c.day))).scalars())


async def test_a_call_that_begins_and_ends_makes_no_day_stale(store: Store) -> None:
    store.writer.put(pending("a", start_time=5 * DAY_MS))
    await store.writer.flush()
    store.writer.put(finished("a", start_time=5 * DAY_MS))
    await store.writer.flush()
    assert await stale(store) == []


async def test_an_ended_call_that_changes_or_goes_makes_its_day_stale_once(store: Store) -> None:
    for name, day in (("a", 5), ("b", 5), ("c", 6)):
        store.writer.put(finished(name, start_time=day * DAY_MS + 7))
    await store.writer.flush()
    async with store.engine.begin() as connection:
        await connection.execute(update(REQUEST_USAGE).values(cost_total=1.0))
    assert sorted(await stale(store)) == [5, 6]
    async with store.engine.begin() as connection:
        await connection.execute(delete(USAGE_DAYS_STALE))
        await connection.execute(insert(USAGE_DAYS_STALE).values(day=6))
        await connection.execute(delete(REQUEST_USAGE))
    assert sorted(await stale(store)) == [5, 6]
