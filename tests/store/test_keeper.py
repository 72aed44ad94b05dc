"""The keeper never waits, is bounded in characters, and writes before somebody reads."""

from __future__ import annotations

import logging

import pytest

from plexus.store.keeper import Keeper
from plexus.store.sinks import Sink
from plexus.store.store import Store
from plexus.store.upsert import RESPONSE, TURN, compile_recipe
from plexus.store.writer import Writer
from tests.store.remembering import conversation, response, turn


def keeper_of(store: Store, sink: Sink, most: int) -> Keeper:
    """A keeper over a sink, with nothing that runs beside it."""
    dialect = store.engine.dialect
    recipes = {recipe.record: compile_recipe(recipe, dialect) for recipe in (RESPONSE, TURN)}
    return Keeper(Writer(sink, recipes, instance="here"), most=most)


class Away(Sink):
    """A database that is gone until it is back."""

    def __init__(self) -> None:
        self.is_back = False

    async def write(self, batch: object) -> None:
        """Refuse, or swallow."""
        if not self.is_back:
            raise OSError("gone")

    async def close(self) -> None:
        """Nothing is open."""


async def test_what_waits_is_written_before_it_is_read(store: Store) -> None:
    store.keeper.put(response("resp_1"))
    assert store.keeper.writer.queued == 1
    await store.keeper.settle()
    assert store.keeper.writer.queued == 0
    assert await store.responses.get("app/resp_1", since=0) is not None


async def test_no_more_than_so_many_characters_wait(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    away = Away()
    keeper = keeper_of(store, away, most=150)
    size = len(response("resp_1").body) + 25
    assert 150 // size == 2
    kept = [keeper.put(response(f"resp_{n}")) for n in range(4)]
    assert kept == [True, True, False, False]
    assert keeper.writer.queued == 2
    assert "store.response_lost key=app/resp_2" in caplog.text
    with pytest.raises(OSError, match="gone"):
        await keeper.settle()
    away.is_back = True
    await keeper.settle()
    assert keeper.put(response("resp_5"))


async def test_one_that_is_larger_than_the_bound_is_taken_when_nothing_waits(store: Store) -> None:
    keeper = keeper_of(store, Away(), most=10)
    assert keeper.put(turn(0, conversation("conv_1"), items='["a long turn, longer than that"]'))
    assert not keeper.put(turn(1, conversation("conv_1")))


async def test_closing_the_store_writes_what_waits(database_url: str) -> None:
    store = await Store.open(database_url)
    store.keeper.put(response("resp_1"))
    assert await store.close() == 0
    again = await Store.open(database_url)
    found = await again.responses.get("app/resp_1", since=0)
    await again.close()
    assert found is not None


async def test_what_a_database_refuses_is_mended(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    store.keeper.put(response("resp_1", model="nul\x00"))
    store.keeper.put(response("resp_2"))
    await store.keeper.settle()
    found = await store.responses.get("app/resp_1", since=0)
    assert found is not None
    assert found.model in ("nul\x00", "nul\N{REPLACEMENT CHARACTER}")
    assert await store.responses.get("app/resp_2", since=0) is not None
    assert not caplog.records
