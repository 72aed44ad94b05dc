"""Conversations, their turns in order, and their end."""

from __future__ import annotations

import asyncio

from plexus.store.conversations import Said
from plexus.store.responses import BATCH
from plexus.store.store import Store
from tests.store.remembering import conversation, keep, response, turn

TALK = conversation("conv_1", metadata='{"a":"b"}')


async def said(store: Store, key: str = TALK.key, *, since: int = 0, size: int = 10**6) -> object:
    found = await store.conversations.said(key, since=since, size=size)
    return None if found is None else [one.items for one in found]


async def test_a_conversation_comes_back_with_its_first_items(store: Store) -> None:
    assert await store.conversations.create(TALK, turn(0, TALK))
    assert await store.conversations.get(TALK.key, since=0) == TALK
    assert await said(store) == ['["turn 0"]']


async def test_a_conversation_without_items_is_not_an_unknown_one(store: Store) -> None:
    await store.conversations.create(TALK, None)
    assert await said(store) == []
    assert await said(store, "app/conv_2") is None


async def test_a_key_is_given_once(store: Store) -> None:
    assert await store.conversations.create(TALK, None)
    assert not await store.conversations.create(TALK, turn(0, TALK))
    assert await said(store) == []


async def test_turns_stand_in_the_order_in_which_they_were_added(store: Store) -> None:
    await store.conversations.create(TALK, turn(0, TALK))
    await keep(store, turn(1, TALK), turn(2, TALK))
    await store.conversations.add(turn(3, TALK))
    await keep(store, turn(4, TALK))
    assert await said(store) == [f'["turn {n}"]' for n in range(5)]


async def test_a_turn_that_is_written_twice_is_there_once(store: Store) -> None:
    await store.conversations.create(TALK, None)
    await keep(store, turn(1, TALK))
    await keep(store, turn(1, TALK))
    assert await said(store) == ['["turn 1"]']


async def test_turns_that_are_added_at_once_are_all_there(store: Store) -> None:
    await store.conversations.create(TALK, None)
    await asyncio.gather(*[store.conversations.add(turn(n, TALK)) for n in range(10)])
    found = await said(store)
    assert isinstance(found, list)
    assert sorted(found) == sorted(f'["turn {n}"]' for n in range(10))


async def test_reading_ends_behind_the_turn_that_is_too_much(store: Store) -> None:
    await store.conversations.create(TALK, None)
    await keep(store, *[turn(n, TALK) for n in range(9)])  # 10 characters each
    found = await store.conversations.said(TALK.key, since=0, size=30)
    assert found is not None
    assert len(found) == 4


async def test_metadata_is_replaced(store: Store) -> None:
    await store.conversations.create(TALK, None)
    await store.conversations.describe(TALK.key, '{"c":"d"}', now=5000)
    found = await store.conversations.get(TALK.key, since=0)
    assert found is not None
    assert (found.metadata, found.updated_at, found.created_at) == ('{"c":"d"}', 5000, 1000)


async def test_a_turn_is_rewritten_only_if_nobody_else_did(store: Store) -> None:
    await store.conversations.create(TALK, turn(0, TALK))
    before = Said(key="conv_1-0", items='["turn 0"]', size=10, stored='["turn 0"]')
    assert await store.conversations.rewrite(before, "[]")
    assert not await store.conversations.rewrite(before, '["other"]')
    assert await said(store) == ["[]"]


async def test_deleting_takes_the_items_along(store: Store) -> None:
    await store.conversations.create(TALK, turn(0, TALK))
    assert await store.conversations.delete(TALK.key)
    assert not await store.conversations.delete(TALK.key)
    await store.conversations.create(TALK, None)
    assert await said(store) == []


async def test_a_conversation_lives_as_long_as_it_is_used(store: Store) -> None:
    await store.conversations.create(TALK, None)  # at 1000
    await keep(store, turn(500, TALK))  # at 1500
    assert await said(store, since=1500) == ['["turn 500"]']
    assert await said(store, since=1501) is None
    assert await store.conversations.get(TALK.key, since=1501) is None


async def test_a_purge_leaves_what_is_used_or_referred_to(store: Store) -> None:
    stale, used, referred = (conversation(name) for name in ("stale", "used", "referred"))
    for one in (stale, used, referred):
        await store.conversations.create(one, turn(0, one))
    await keep(store, turn(5000, used), response("resp_1", conversation_key=referred.key))
    assert await store.conversations.purge(2000) == 1
    assert await said(store, stale.key) is None
    assert await said(store, used.key) is not None
    assert await said(store, referred.key) == ['["turn 0"]']
    await store.responses.purge(2000)
    assert await store.conversations.purge(2000) == 1  # though no response went in this run


async def test_a_purge_takes_turns_whose_conversation_is_gone(store: Store) -> None:
    await keep(store, *[turn(n, TALK) for n in range(BATCH + 5)])
    await store.conversations.purge(1000 + BATCH + 4)
    await store.conversations.create(TALK, None)
    assert await said(store) == [f'["turn {BATCH + 4}"]']  # too young to be judged
