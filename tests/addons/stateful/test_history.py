"""Histories are loaded in order, for their owner, within bounds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from plexus.addons.stateful import history as subject
from plexus.addons.stateful.asked import Asked
from plexus.addons.stateful.history import (
    DEPTH,
    SIZE,
    Historian,
    historian,
    is_id,
    not_found,
    unreadable,
)
from plexus.addons.workers import Worker
from plexus.store.records import ResponseRecord
from plexus.store.store import Store
from plexus.transforms.errors import GatewayError, Kind
from tests.addons.making import services
from tests.store.remembering import conversation, keep, response, turn


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    """A store in memory."""
    opened = await Store.open("sqlite://:memory:")
    yield opened
    await opened.close()


def reader(store: Store, **other: Any) -> Historian:
    return Historian(**{"store": store, "since": lambda: 0, "is_shared": False, **other})


async def refused(reading: Historian, asked: Asked, owner: str = "app") -> GatewayError:
    with pytest.raises(GatewayError) as error:
        await reading.load(owner, asked)
    return error.value


async def test_a_chain_is_input_and_output_in_turn(store: Store) -> None:
    await keep(store, response("r1"), response("r2", after="r1"), response("r3", after="r2"))
    found = await reader(store).load("app", Asked(previous="r3"))
    assert found.items == ["to r1", "from r1", "to r2", "from r2", "to r3", "from r3"]
    assert found.ancestors == {"r1", "r2", "r3"}


async def test_a_conversation_is_its_turns(store: Store) -> None:
    talk = conversation("c1")
    await store.conversations.create(talk, turn(0, talk))
    await keep(store, turn(1, talk))
    found = await reader(store).load("app", Asked(conversation="c1"))
    assert (found.items, found.ancestors) == (["turn 0", "turn 1"], frozenset())


async def test_what_still_waits_to_be_written_is_found(store: Store) -> None:
    store.keeper.put(response("r1"))
    assert (await reader(store).load("app", Asked(previous="r1"))).items == ["to r1", "from r1"]


@pytest.mark.parametrize(
    ("asked", "code", "where"),
    [
        (Asked(previous="r1"), "response_not_found", "previous_response_id"),
        (Asked(previous="r/1'; --"), "response_not_found", "previous_response_id"),
        (Asked(conversation="c1"), "conversation_not_found", "conversation"),
        (Asked(conversation="../c1"), "conversation_not_found", "conversation"),
    ],
)
async def test_another_keys_history_is_not_there(
    store: Store, asked: Asked, code: str, where: str
) -> None:
    await keep(store, response("r1", "other"))
    await store.conversations.create(conversation("c1", "other"), None)
    error = await refused(reader(store), asked)
    assert (error.kind, error.code, error.where) == (Kind.NOT_FOUND, code, where)


async def test_a_chain_whose_beginning_is_gone_is_not_gone_on_from(store: Store) -> None:
    await keep(store, response("r1"), response("r2", after="r1"))
    await store.responses.delete("app/r1")
    error = await refused(reader(store), Asked(previous="r2"))
    assert (error.kind, error.code) == (Kind.NOT_FOUND, "response_not_found")
    assert "expired or was deleted" in error.message


async def test_a_chain_that_began_in_a_conversation_brings_what_was_said_until_then(
    store: Store,
) -> None:
    talk = conversation("c1")
    await store.conversations.create(talk, turn(0, talk))
    await keep(
        store,
        turn(1, talk, key="call-r1"),
        turn(2, talk),
        response("r1", conversation_key=talk.key),
        response("r2", after="r1"),
    )
    found = await reader(store).load("app", Asked(previous="r2"))
    assert found.items == ["turn 0", "to r1", "from r1", "to r2", "from r2"]
    await store.conversations.delete(talk.key)
    assert (await refused(reader(store), Asked(previous="r2"))).kind is Kind.NOT_FOUND


async def test_more_than_fits_into_a_request_is_refused(store: Store) -> None:
    talk = conversation("c1")
    await store.conversations.create(talk, turn(0, talk, size=SIZE + 1))
    large = response("r1")
    large.size = SIZE + 1
    links = [response("d0"), *[response(f"d{n}", after=f"d{n - 1}") for n in range(1, DEPTH + 1)]]
    await keep(store, large, *links)
    for asked in (Asked(previous="r1"), Asked(conversation="c1"), Asked(previous=f"d{DEPTH}")):
        assert (await refused(reader(store), asked)).kind is Kind.TOO_LARGE
    whole = await reader(store).load("app", Asked(previous=f"d{DEPTH - 1}"))
    assert len(whole.items) == 2 * DEPTH


async def test_a_circle_is_refused(store: Store) -> None:
    await keep(store, response("r1", after="r2"), response("r2", after="r1"))
    assert (await refused(reader(store), Asked(previous="r2"))).kind is Kind.TOO_LARGE


async def test_what_another_process_is_about_to_write_is_waited_for(store: Store) -> None:
    naps: list[float] = []

    async def nap(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 2:
            await keep(store, response("r1"))

    found = await reader(store, is_shared=True, sleep=nap).load("app", Asked(previous="r1"))
    assert found.items == ["to r1", "from r1"]
    assert len(naps) == 2


async def test_what_never_comes_is_looked_for_a_bounded_time(store: Store) -> None:
    naps: list[float] = []

    async def nap(seconds: float) -> None:
        naps.append(seconds)

    shared = reader(store, is_shared=True, sleep=nap)
    assert (await refused(shared, Asked(previous="r1"))).kind is Kind.NOT_FOUND
    assert 0.2 < sum(naps) < 0.5
    naps.clear()
    assert (await refused(reader(store, sleep=nap), Asked(previous="r1"))).kind is Kind.NOT_FOUND
    assert not naps  # nobody else writes


async def test_without_a_database_the_client_may_try_again(store: Store) -> None:
    def gone() -> int:
        raise OSError("the disk is gone")

    error = await refused(reader(store, since=gone), Asked(previous="r1"))
    assert error.kind is Kind.UNAVAILABLE
    assert error.message == unreadable(OSError("the disk is gone")).message


async def test_other_workers_and_nodes_share_what_is_stored() -> None:
    async with services() as alone, services(worker=Worker(number=1, count=2)) as one_of_two:
        assert (historian(alone).is_shared, historian(one_of_two).is_shared) == (False, True)
        assert historian(alone).since() > 0


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("resp_1a-B.c:d", True), ("", False), ("a/b", False), ("a" * 129, False), ("a\n", False)],
)
def test_an_id_is_short_and_plain(text: str, is_one: bool) -> None:
    assert is_id(text) is is_one


def test_a_long_name_is_not_repeated_whole() -> None:
    assert len(not_found("conversation", "x" * 10_000).message) < 300


def test_the_bounds_are_those_of_the_specification() -> None:
    assert (subject.DEPTH, subject.SIZE) == (1000, 30 * 1024 * 1024)
    assert ResponseRecord.__slots__
