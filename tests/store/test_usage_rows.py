"""Going through the ledger, and writing costs into it."""

from __future__ import annotations

from dataclasses import replace

from plexus.store.store import Store
from plexus.store.usage_rows import batches, latest, rewrite_costs
from plexus.store.usage_sums import UsageFilter
from tests.store.calls import START, finished


async def enter(store: Store, *rows: object) -> None:
    for row in rows:
        store.writer.put(row)  # type: ignore[arg-type]  # records
    await store.writer.flush()


async def test_all_calls_come_once_in_the_order_of_their_start(store: Store) -> None:
    # Many of them at the same moment, and written in another order.
    await enter(store, *(finished(f"r{n}", start_time=START - n // 3) for n in range(20)))
    found = [
        [row.request_id for row in rows]
        async for rows in batches(store.engine, UsageFilter(), size=6)
    ]
    assert [len(part) for part in found] == [6, 6, 6, 2]
    assert sorted(name for part in found for name in part) == sorted(f"r{n}" for n in range(20))
    assert found[0][:2] == ["r18", "r19"]


async def test_calls_can_be_chosen_and_the_latest_come_first(store: Store) -> None:
    await enter(
        store,
        finished("a"),
        finished("b", start_time=START + 1),
        finished("c", api_key="other"),
        finished("d", incoming_model_alias="slow", selected_model_name="slow"),
    )
    wanted = UsageFilter(api_key="team-a", model="fast", status="success")
    found = await latest(store.engine, wanted, 10)
    assert [row.request_id for row in found] == ["b", "a"]
    assert len(await latest(store.engine, UsageFilter(), 3)) == 3


async def test_only_costs_are_rewritten(store: Store) -> None:
    await enter(store, finished("a"), finished("b"))
    before = await store.usage.get("a")
    assert before is not None
    changed = replace(before, cost_total=9.0, cost_source="defined", tokens_input=1, provider="x")
    assert await rewrite_costs(store.engine, [changed]) == 1
    assert await rewrite_costs(store.engine, []) == 0
    assert await store.usage.get("a") == replace(before, cost_total=9.0, cost_source="defined")
