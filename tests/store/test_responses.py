"""Responses are found by their owner, walked by chain, listed by page and removed in time."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from plexus.store.responses import BATCH, Cursor, key_of
from plexus.store.store import Store
from tests.store.remembering import keep, response

NO_LIMIT = {"since": 0, "depth": 1000, "size": 10**6}


async def test_a_response_comes_back_as_it_was_kept(store: Store) -> None:
    kept = response("resp_1", provider="acme", target_model="big", conversation_key="app/conv_1")
    await keep(store, kept)
    found = await store.responses.get("app/resp_1", since=0)
    assert found is not None
    assert found.instance == store.instances.id
    kept.instance, kept.stored_at = found.instance, found.stored_at
    assert found == kept


async def test_only_its_owner_finds_a_response(store: Store) -> None:
    await keep(store, response("resp_1", "app"), response("resp_1", "other", model="theirs"))
    mine = await store.responses.get(key_of("app", "resp_1"), since=0)
    theirs = await store.responses.get(key_of("other", "resp_1"), since=0)
    assert (mine and mine.model, theirs and theirs.model) == ("m", "theirs")
    assert await store.responses.get(key_of("nobody", "resp_1"), since=0) is None


async def test_what_has_expired_is_not_found(store: Store) -> None:
    await keep(store, response("resp_1", created_at=999), response("resp_2", after="resp_1"))
    assert await store.responses.get("app/resp_1", since=1000) is None
    (link,) = await store.responses.chain("app/resp_2", **(NO_LIMIT | {"since": 1000}))
    assert link.previous_key == "app/resp_1"  # which tells that something is missing


async def test_a_chain_is_read_oldest_first_in_one_query(store: Store) -> None:
    ids = [f"resp_{number}" for number in range(50)]
    chain = [response(one, after=before) for before, one in zip([None, *ids], ids, strict=False)]
    await keep(store, *chain, response("resp_branch", after="resp_3"), response("resp_4", "other"))
    statements: list[str] = []
    event.listen(
        store.engine.sync_engine,
        "before_cursor_execute",
        lambda *args: statements.append(args[2]),
    )
    links = await store.responses.chain("app/resp_49", **NO_LIMIT)
    assert [link.id for link in links] == ids
    assert links[0].previous_key is None
    assert (links[7].input, links[7].output) == ('["to resp_7"]', '["from resp_7"]')
    assert len([one for one in statements if "SELECT" in one]) == 1


@pytest.mark.parametrize(
    ("limits", "links"), [({"depth": 3}, 4), ({"size": 60}, 3), ({"depth": 100}, 10)]
)
async def test_a_walk_ends_behind_the_link_that_is_too_many(
    store: Store, limits: dict[str, int], links: int
) -> None:
    chain = [response("resp_0")]
    chain += [response(f"resp_{n}", after=f"resp_{n - 1}") for n in range(1, 10)]
    await keep(store, *chain)  # 28 characters each
    found = await store.responses.chain("app/resp_9", **(NO_LIMIT | limits))
    assert len(found) == links


async def test_a_circle_ends_the_walk_all_the_same(store: Store) -> None:
    await keep(store, response("resp_1", after="resp_2"), response("resp_2", after="resp_1"))
    found = await store.responses.chain("app/resp_2", **(NO_LIMIT | {"depth": 20}))
    assert len(found) == 21


async def test_an_unknown_response_has_no_chain(store: Store) -> None:
    assert await store.responses.chain("app/resp_1", **NO_LIMIT) == []


@pytest.mark.parametrize(
    ("cursor", "ids"),
    [
        (Cursor(limit=2), "5 4 3"),
        (Cursor(limit=2, order="asc"), "1 2 3"),
        (Cursor(limit=2, after="4"), "3 2 1"),
        (Cursor(limit=9, after="2", order="asc"), "3 4 5"),
        (Cursor(limit=2, before="1"), "4 3 2"),
        (Cursor(limit=9, before="3"), "5 4"),
        (Cursor(limit=9, before="3", order="asc"), "1 2"),
        (Cursor(limit=9, after="1"), ""),
    ],
)
async def test_a_page_holds_the_owners_own_in_order(store: Store, cursor: Cursor, ids: str) -> None:
    times = {"1": 1000, "2": 1001, "3": 1001, "4": 1002, "5": 1003}  # two at the same moment
    await keep(store, *[response(one, created_at=at) for one, at in times.items()])
    await keep(store, response("6", "other"), response("0", created_at=5))
    found = await store.responses.page("app", cursor, since=10)
    assert found is not None
    assert " ".join(record.id for record in found) == ids


async def test_a_page_from_a_cursor_that_is_not_there_is_none(store: Store) -> None:
    await keep(store, response("1", "other"))
    assert await store.responses.page("app", Cursor(limit=2, after="1"), since=0) is None


async def test_deleting_tells_whether_there_was_something(store: Store) -> None:
    await keep(store, response("resp_1"))
    assert await store.responses.delete("app/resp_1")
    assert not await store.responses.delete("app/resp_1")


async def test_a_purge_takes_what_is_old_in_batches(store: Store) -> None:
    old = [response(f"old_{n}", created_at=10) for n in range(BATCH + 20)]
    await keep(store, *old, response("new", created_at=11))
    assert await store.responses.purge(11) == BATCH + 20
    assert await store.responses.purge(11) == 0
    assert await store.responses.get("app/new", since=0) is not None
