"""Notes between gateways: found by others, sealed, forgotten in time, and never in a call's way."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text

from plexus.addons.upstream.seal_keeper import Scope, SealKeeper
from plexus.addons.upstream.shared_seals import SharedSeals
from plexus.certs.sealer import Sealer, is_sealed
from plexus.store.engine import build_engine
from plexus.store.errors import TROUBLE
from plexus.store.memory import BLIND_MS, CLEAN_EVERY_MS, MOST_KEYS, Bounds, Memory
from plexus.store.store import Store
from plexus.store.tables import SHARED_MEMORY
from plexus.store.url import parse_url
from plexus.transforms.ir import ChatRequest, Message, Seal, Thinking, ToolCall

SEALER = Sealer(b"k" * 32)


class Clock:
    """Time in ms that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1_000_000

    def __call__(self) -> int:
        return self.now


class Turns:
    """A sleep that ends `run` by cancelling it after so many turns."""

    def __init__(self, turns: int) -> None:
        self.left = turns
        self.slept: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.left -= 1
        if not self.left:
            raise asyncio.CancelledError


def memory(store: Store, **other: Any) -> Memory:
    return Memory(**{"engine": store.engine, "sealer": SEALER, "clock": Clock(), **other})


async def values(store: Store) -> dict[str, str]:
    async with store.engine.connect() as connection:
        rows = await connection.execute(select(SHARED_MEMORY.c.key, SHARED_MEMORY.c.value))
        return {key: value for key, value in rows}


async def break_table(store: Store) -> None:
    async with store.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE shared_memory RENAME TO lost"))


async def mend_table(store: Store) -> None:
    async with store.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE lost RENAME TO shared_memory"))


@pytest.fixture
async def other(database_url: str, store: Store) -> AsyncIterator[Store]:
    """Another gateway's view of the same database."""
    opened = await Store.open(database_url)
    yield opened
    await opened.close()


async def test_what_one_gateway_puts_another_one_reads(store: Store, other: Store) -> None:
    clock = Clock()
    writing = memory(store, clock=clock)
    writing.put("a", "1", 60)
    writing.put("b", "2", 60)
    writing.put("a", "3 ü 😀", 60)
    await writing.flush()
    found = await memory(other, clock=clock).read(["a", "b", "c"])
    assert found == {"a": "3 ü 😀", "b": "2"}
    writing.put("b", "4", 60)
    await writing.flush()
    assert await memory(other, clock=clock).read(["b"]) == {"b": "4"}


async def test_a_seal_that_one_keeper_keeps_another_one_restores(
    store: Store, other: Store
) -> None:
    scope = Scope(principal="app", provider="anthropic", dialect="messages")
    call = ToolCall(id="call_1", name="weather", arguments="{}")
    seal = Seal(dialect="messages", kind="signature", data="c2ln")
    thought = Thinking(text="hm", seal=seal)
    request = ChatRequest(model="m", messages=(Message(role="assistant", parts=(call,)),))
    one, two = (SealKeeper(lambda: 0.0, SharedSeals(own.memory)) for own in (store, other))
    one.keep(scope, (thought, call))
    await store.memory.flush()
    await two.fetch(scope, request)
    assert two.restore(scope, request).messages[0].parts == (thought, call)


async def test_with_a_key_values_are_sealed_at_rest(store: Store) -> None:
    kept = memory(store)
    kept.put("a", "canary", 60)
    kept.put("b", "", 60)
    await kept.flush()
    stored = await values(store)
    assert is_sealed(stored["a"]) and "canary" not in stored["a"]
    assert await kept.read(["a", "b"]) == {"a": "canary", "b": ""}


async def test_without_a_key_they_are_plain(store: Store) -> None:
    kept = memory(store, sealer=Sealer())
    kept.put("a", "plain", 60)
    await kept.flush()
    assert await values(store) == {"a": "plain"}


async def test_what_another_key_has_sealed_is_left_out_and_told_once(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    foreign, own = memory(store, sealer=Sealer(b"x" * 32)), memory(store)
    foreign.put("a", "1", 60)
    await foreign.flush()
    own.put("b", "2", 60)
    await own.flush()
    assert await own.read(["a", "b"]) == {"b": "2"}
    assert await own.read(["a"]) == {}
    assert [line.split()[0] for line in caplog.messages] == ["memory.not_opened"]


async def test_what_has_expired_is_not_found_and_then_removed(store: Store) -> None:
    clock = Clock()
    kept = memory(store, clock=clock)
    kept.put("short", "1", 1)
    kept.put("long", "2", 60)
    await kept.flush()
    clock.now += 1_000
    assert await kept.read(["short", "long"]) == {"long": "2"}
    assert "short" in await values(store)
    assert await kept.clean() == 1
    assert set(await values(store)) == {"long"}


async def test_it_writes_what_comes_in_and_cleans_at_the_start_and_every_hour(
    store: Store,
) -> None:
    clock, slept, seen = Clock(), list[float](), list[set[str]]()

    async def add(key: str, expires_at: int) -> None:
        row = {"key": key, "value": "", "expires_at": expires_at}
        async with store.engine.begin() as connection:
            await connection.execute(insert(SHARED_MEMORY), row)

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        seen.append(set(await values(store)))
        if len(slept) == 3:
            raise asyncio.CancelledError
        if len(slept) == 1:
            await add("later", clock.now)
        else:
            clock.now += CLEAN_EVERY_MS
        kept.put(f"{len(slept)}", "", 10_000)

    await add("old", clock.now)
    kept = memory(store, clock=clock, sleep=sleep)
    kept.put("0", "", 10_000)
    with pytest.raises(asyncio.CancelledError):
        await kept.run()
    assert seen == [{"0"}, {"0", "1", "later"}, {"0", "1", "2"}]
    assert max(slept) < 0.05


async def test_no_note_is_in_the_way_of_the_others(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    kept = memory(store)
    kept.put("a", "1", 10.0**20)  # beyond 64 bits
    await kept.flush()
    kept.put("b", "2", 60)
    await kept.flush()
    assert set(await values(store)) == {"b"}
    assert caplog.messages[0].startswith("memory.notes_refused")


async def test_a_database_that_fails_is_told_of_once_and_written_to_when_it_is_back(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    await break_table(store)
    turns = Turns(3)
    kept = memory(store, sleep=turns)
    kept.put("a", "1", 60)
    with pytest.raises(asyncio.CancelledError):
        await kept.run()
    assert [line.split()[0] for line in caplog.messages] == ["memory.not_written"]
    await mend_table(store)
    await kept.flush()
    assert await kept.read(["a"]) == {"a": "1"}


async def test_a_database_that_fails_is_not_asked_again_for_a_while(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    kept = memory(store, clock=clock)
    kept.put("a", "1", 60)
    await kept.flush()
    await break_table(store)
    assert await kept.read(["a"]) is None
    await mend_table(store)
    assert await kept.read(["a"]) is None
    clock.now += BLIND_MS
    assert await kept.read(["a"]) == {"a": "1"}
    assert [line.split()[0] for line in caplog.messages] == ["memory.not_read"]


async def test_a_slow_database_costs_a_call_little_time(empty_postgres: str) -> None:
    store = await Store.open(empty_postgres)
    async with store.engine.begin() as connection:
        await connection.execute(text("LOCK TABLE shared_memory IN ACCESS EXCLUSIVE MODE"))
        assert await memory(store, bounds=Bounds(read_s=0.05)).read(["a"]) is None
    assert await store.memory.read(["a"]) == {}
    await store.close()


async def test_a_database_that_is_gone_costs_no_call(empty_sqlite: str) -> None:
    engine = build_engine(parse_url(empty_sqlite))  # its folder does not exist
    kept = Memory(engine, SEALER, Clock())
    kept.put("a", "1", 60)
    assert await kept.read(["a"]) is None
    with pytest.raises(TROUBLE):
        await kept.flush()
    await kept.close()
    await engine.dispose()


async def test_too_many_notes_push_the_oldest_out(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    kept = memory(store, bounds=Bounds(notes=2, characters=10))
    for key in ("a", "b", "a", "c"):
        kept.put(key, key, 60)
    await kept.flush()
    assert set(await values(store)) == {"a", "c"}
    kept.put("d", "x" * 9, 60)
    kept.put("e", "yy", 60)
    kept.put("f", "z" * 11, 60)
    await kept.flush()
    assert set(await values(store)) == {"a", "c"}
    assert [line.split()[0] for line in caplog.messages] == ["memory.notes_dropped"]


async def test_many_keys_are_asked_at_once_up_to_a_limit(store: Store) -> None:
    kept = memory(store)
    keys = [f"{number:04}" for number in range(MOST_KEYS + 1)]
    for key in keys:
        kept.put(key, key, 60)
    await kept.flush()
    found = await kept.read(keys)
    assert found is not None and list(sorted(found)) == keys[:MOST_KEYS]
    assert await kept.read([]) == {}


async def test_what_waits_is_written_when_the_store_is_closed(database_url: str) -> None:
    store = await Store.open(database_url)
    store.memory.put("a", "1", 60)
    await store.close()
    again = await Store.open(database_url)
    assert await again.memory.read(["a"]) == {"a": "1"}
    async with again.engine.begin() as connection:
        await connection.execute(delete(SHARED_MEMORY))
    await again.close()


async def test_what_cannot_be_written_at_the_end_is_told(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    await break_table(store)
    kept = memory(store)
    kept.put("a", "1", 60)
    await kept.close()
    assert caplog.messages == ["memory.lost_at_end notes=1"]
