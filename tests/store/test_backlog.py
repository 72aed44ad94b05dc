"""How many rows may wait, and in which order they leave."""

from __future__ import annotations

import asyncio

from sqlalchemy.dialects.sqlite.aiosqlite import dialect

from plexus.store.backlog import Backlog, Key, Limits
from plexus.store.upsert import USAGE, compile_recipe

UPSERT = compile_recipe(USAGE, dialect())


def _key(name: str) -> Key:
    return (UPSERT, name)


def _filled(*names: str, limits: Limits | None = None) -> Backlog:
    backlog = Backlog(Limits() if limits is None else limits)
    for name in names:
        backlog.add(_key(name), (name, 1))
    return backlog


async def test_rows_leave_in_the_order_they_came() -> None:
    backlog = _filled("a", "b", "c")
    first = backlog.take(2)
    backlog.settle({})
    second = backlog.take(2)
    assert list(first.values()) == [("a", 1), ("b", 1)]
    assert list(second.values()) == [("c", 1)]


async def test_a_newer_state_takes_the_place_of_the_one_that_waits() -> None:
    backlog = _filled("a", "b")
    backlog.add(_key("a"), ("a", 2))
    assert len(backlog) == 2
    assert list(backlog.take(9).values()) == [("a", 2), ("b", 1)]


async def test_unwritten_rows_go_back_to_the_front_but_not_over_newer_states() -> None:
    backlog = _filled("a", "b")
    taken = backlog.take(2)
    backlog.add(_key("c"), ("c", 1))
    backlog.add(_key("a"), ("a", 2))
    assert len(backlog) == 4
    backlog.settle(taken)
    assert len(backlog) == 3
    assert list(backlog.take(9).values()) == [("a", 2), ("b", 1), ("c", 1)]


async def test_new_rows_are_refused_above_the_ceiling_but_known_ones_may_change() -> None:
    backlog = _filled("a", "b", limits=Limits(capacity=1, ceiling=2))
    assert not backlog.add(_key("c"), ("c", 1))
    assert backlog.add(_key("b"), ("b", 2))
    assert list(backlog.take(9).values()) == [("a", 1), ("b", 2)]


async def test_a_caller_waits_for_room_until_rows_have_been_written() -> None:
    backlog = _filled("a", "b", "c", limits=Limits(capacity=2, patience_s=30))
    waiting = asyncio.ensure_future(backlog.room())
    backlog.take(1)
    await asyncio.sleep(0)
    assert not waiting.done()
    backlog.settle({})
    assert not waiting.done()
    backlog.take(1)
    backlog.settle({})
    assert await waiting


async def test_a_caller_waits_for_room_no_longer_than_it_has_patience() -> None:
    backlog = _filled("a", "b", limits=Limits(capacity=1, patience_s=0))
    assert not await backlog.room()


async def test_there_is_room_below_capacity() -> None:
    assert await _filled("a", limits=Limits(capacity=2, patience_s=0)).room()
