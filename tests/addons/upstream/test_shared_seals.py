"""Reasoning that another worker keeps is found, with few questions, and none where none help."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, override

import pytest
from sqlalchemy import select, text

from plexus.addons.exchange import Exchange, Target
from plexus.addons.upstream.outgoing import prepare
from plexus.addons.upstream.seal_keeper import Scope, SealKeeper
from plexus.addons.upstream.shared_seals import MOST_MISSED, SharedSeals, with_shared_seals
from plexus.certs.sealer import Sealer
from plexus.store.memory import BLIND_MS, MOST_KEYS, Memory
from plexus.store.store import Store
from plexus.store.tables import SHARED_MEMORY
from plexus.store.writer import wall_ms
from plexus.transforms.errors import GatewayError
from plexus.transforms.ir import ChatRequest, Message, Part, Seal, Text, Thinking, ToolCall
from plexus.transforms.wire import JsonObject, dump
from tests.addons.factories import DIALECTS, exchange, principal, provider, target

CLAUDE = Scope(principal="app", provider="acme", dialect="messages")
SIGNED = Thinking(text="hm", seal=Seal(dialect="messages", kind="signature", data="c2ln"))
QUESTION: JsonObject = {"role": "user", "content": "Cold?"}
ANSWER: JsonObject = {"role": "assistant", "content": "Cold."}


class Asked(Memory):
    """Counts the keys of each query."""

    def __init__(self, store: Store) -> None:
        super().__init__(store.engine, Sealer(), wall_ms)
        self.queries: list[int] = []

    @override
    async def read(self, keys: Sequence[str]) -> Mapping[str, str] | None:
        self.queries.append(len(keys))
        return await super().read(keys)


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    opened = await Store.open(":memory:")
    yield opened
    await opened.close()


def keeper(memory: Memory) -> SealKeeper:
    return SealKeeper(lambda: 0.0, SharedSeals(memory))


async def keep(store: Store, *turns: Sequence[Part], scope: Scope = CLAUDE) -> None:
    """Let another worker have kept these turns."""
    other = keeper(store.memory)
    for parts in turns:
        other.keep(scope, parts)
    await store.memory.flush()


def said(words: str) -> tuple[Part, ...]:
    return (SIGNED, Text(text=words))


def history(*words: str) -> ChatRequest:
    question = Message(role="user", parts=(Text(text="?"),))
    turns = [(question, Message(role="assistant", parts=(Text(text=one),))) for one in words]
    return ChatRequest(model="m", messages=(*(m for turn in turns for m in turn), question))


async def restored(kept: SealKeeper, request: ChatRequest, scope: Scope = CLAUDE) -> list[bool]:
    """Whether each turn of the model holds a thought again."""
    await kept.fetch(scope, request)
    messages = kept.restore(scope, request).messages
    return [SIGNED in message.parts for message in messages if message.role == "assistant"]


async def test_turns_of_another_worker_come_back_with_one_query(store: Store) -> None:
    await keep(store, said("One."), said("Two."))
    memory = Asked(store)
    kept = keeper(memory)
    assert await restored(kept, history("One.", "Two.")) == [True, True]
    assert await restored(kept, history("One.", "Two.")) == [True, True]
    assert memory.queries == [2]


async def test_pieces_of_one_answer_are_asked_for_together_and_each(store: Store) -> None:
    call = ToolCall(id="call_1", name="weather", arguments="{}")
    await keep(store, (SIGNED, Text(text="Let me look."), call))
    pieces = [
        Message(role="assistant", parts=parts)
        for parts in ((Text(text="Let me "),), (Text(text="look."), call))
    ]
    memory = Asked(store)
    assert await restored(keeper(memory), ChatRequest(model="m", messages=tuple(pieces))) == [True]
    assert memory.queries == [2]  # the last piece bears the name of the whole


async def test_a_turn_that_nobody_keeps_is_asked_for_until_it_is_not_the_last(
    store: Store,
) -> None:
    memory = Asked(store)
    kept = keeper(memory)
    for request in (history("A"), history("A"), history("A", "B"), history("A", "B", "C")):
        await kept.fetch(CLAUDE, request)
    assert memory.queries == [1, 1, 2, 2]


async def test_an_answer_that_was_written_late_is_found_a_turn_later(store: Store) -> None:
    kept = keeper(store.memory)
    assert await restored(kept, history("One.")) == [False]
    await keep(store, said("One."))
    assert await restored(kept, history("One.", "Two.")) == [True, False]


async def test_what_could_not_be_asked_is_asked_for_later(store: Store) -> None:
    async with store.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE shared_memory RENAME TO lost"))
    now = [1_000_000]
    kept = keeper(Memory(store.engine, Sealer(), lambda: now[0]))
    assert await restored(kept, history("One.", "Two.")) == [False, False]
    async with store.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE lost RENAME TO shared_memory"))
    await keep(store, said("One."))
    now[0] += BLIND_MS
    assert await restored(kept, history("One.", "Two.")) == [True, False]


async def test_the_latest_turns_of_a_long_history_are_asked_for_first(store: Store) -> None:
    words = [f"{number}." for number in range(MOST_KEYS + 2)]
    await keep(store, *(said(one) for one in words))
    kept = keeper(store.memory)
    assert (await restored(kept, history(*words)))[:3] == [False, False, True]
    assert all(await restored(kept, history(*words)))


async def test_what_is_remembered_as_missing_is_bounded(store: Store) -> None:
    memory = Asked(store)
    shared = SharedSeals(memory)
    for start in range(0, MOST_MISSED + 2_000, MOST_KEYS):
        names = [f"text:{number}" for number in range(start, start + MOST_KEYS)]
        await shared.find(CLAUDE, [], names)
    await shared.find(CLAUDE, [], ["text:0", f"text:{MOST_MISSED + 1_000}"])
    assert memory.queries[-1] == 1


async def test_nobody_else_gets_it(store: Store) -> None:
    await keep(store, said("One."))
    for other in (
        Scope(principal="other", provider="acme", dialect="messages"),
        Scope(principal="app", provider="elsewhere", dialect="messages"),
        Scope(principal="app", provider="acme", dialect="gemini"),
    ):
        assert await restored(keeper(store.memory), history("One."), other) == [False]


async def test_keys_tell_nothing_of_the_conversation(store: Store) -> None:
    await keep(store, (SIGNED, ToolCall(id="call_canary", name="weather")))
    async with store.engine.connect() as connection:
        (key,) = (await connection.execute(select(SHARED_MEMORY.c.key))).scalars().all()
    assert len(key) == 32 and int(key, 16) >= 0


async def test_what_another_release_has_written_is_left_out(store: Store) -> None:
    await keep(store, said("One."))
    async with store.engine.begin() as connection:
        await connection.execute(SHARED_MEMORY.update().values(value='[{"type":"new"}]'))
    assert await restored(keeper(store.memory), history("One.")) == [False]


def call(memory: Memory | None, **other: Any) -> Exchange:
    body: JsonObject = {"model": "m", "messages": [QUESTION, ANSWER, QUESTION]}
    shared = None if memory is None else SharedSeals(memory)
    return exchange(
        **{
            "model": "m",
            "body": body,
            "raw": dump(body),
            "principal": principal(name="app"),
            "seals": SealKeeper(lambda: 0.0, shared),
            **other,
        }
    )


def at(dialect: str) -> Target:
    return target("acme/big", provider=provider("acme", urls={dialect: "http://acme.test/v1"}))


async def test_a_call_of_another_format_gets_what_another_worker_keeps(store: Store) -> None:
    await keep(store, said("Cold."))
    made, where = call(store.memory), at("messages")
    request = await with_shared_seals(made, where, DIALECTS)
    assert request is not None
    outgoing = prepare(made, where, DIALECTS, request)
    assert b'"signature":"c2ln"' in outgoing.body
    assert prepare(made, where, DIALECTS).body == outgoing.body  # decoded once more or not


async def test_bytes_that_pass_are_not_looked_into(store: Store) -> None:
    memory = Asked(store)
    assert await with_shared_seals(call(memory), at("chat"), DIALECTS) is None
    assert memory.queries == []


async def test_a_first_turn_asks_nothing(store: Store) -> None:
    memory = Asked(store)
    body: JsonObject = {"model": "m", "messages": [QUESTION]}
    assert await with_shared_seals(call(memory, body=body), at("messages"), DIALECTS) is not None
    assert memory.queries == []


async def test_a_process_alone_decodes_nothing_for_this() -> None:
    unreadable: JsonObject = {"model": "m", "messages": 7}
    for alone in (call(None, body=unreadable), call(None, body=unreadable, seals=None)):
        assert await with_shared_seals(alone, at("messages"), DIALECTS) is None


async def test_a_body_that_cannot_be_read_is_refused_as_ever(store: Store) -> None:
    made = call(store.memory, body={"model": "m", "messages": 7})
    with pytest.raises(GatewayError):
        await with_shared_seals(made, at("messages"), DIALECTS)
