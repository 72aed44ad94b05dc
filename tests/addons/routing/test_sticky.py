"""A conversation stays with the target that served it last."""

from collections.abc import AsyncIterator

import pytest

from plexus.addons.exchange import Continued, Exchange
from plexus.addons.routing.sticky import REMEMBERED, Served, Sticky
from plexus.store.store import Store
from plexus.transforms.wire import Json, JsonObject
from tests.addons.factories import DIALECTS, exchange, plan, target

ONE: Json = {"role": "user", "content": "Hi"}
TWO: Json = {"role": "assistant", "content": "Hello"}
ACME = target("acme/fast")


def call(*, dialect: str = "chat", sticky: bool = True, **body: Json) -> Exchange:
    made = exchange(dialect=DIALECTS[dialect], body=body)
    made.plan = plan(ACME, sticky=sticky)
    return made


def kept(of: Exchange, response_id: str | None = None) -> Sticky:
    sticky = Sticky()
    sticky.keep(of, ACME, response_id)
    return sticky


@pytest.mark.parametrize("field", ["messages", "contents", "input"])
def test_the_first_two_messages_are_the_conversation(field: str) -> None:
    sticky = kept(call(**{field: [ONE, TWO]}))
    later = call(**{field: [ONE, TWO, ONE, TWO, ONE]})
    assert sticky.pick(later, "m") == ("acme", "fast", "")
    assert sticky.pick(call(**{field: [TWO, ONE]}), "m") is None


@pytest.mark.parametrize(
    "body",
    [{}, {"messages": []}, {"messages": [ONE]}, {"input": "Hi"}],
)
def test_what_tells_no_conversation_is_not_remembered(body: JsonObject) -> None:
    assert kept(call(**body)).pick(call(**body), "m") is None


def going_on(**state: str) -> Exchange:
    """A call whose history was added to its body."""
    made = call(dialect="responses", input=[ONE, TWO, ONE])
    made.continued = Continued(raw=b"", body={}, **state)
    return made


def test_a_chain_of_responses_is_followed_from_turn_to_turn() -> None:
    sticky = kept(call(dialect="responses", input="Hi"), "resp_1")
    second = going_on(previous="resp_1")
    assert sticky.pick(second, "m") == ("acme", "fast", "")
    sticky.keep(second, target("other/slow"), "resp_2")
    assert sticky.pick(going_on(previous="resp_2"), "m") == ("other", "slow", "")


def test_a_stored_conversation_is_known_by_its_id() -> None:
    sticky = kept(going_on(conversation="conv_1"), "resp_1")
    assert sticky.pick(going_on(conversation="conv_1"), "m") == ("acme", "fast", "")
    assert sticky.pick(going_on(conversation="conv_2"), "m") is None


def test_aliases_and_formats_are_told_apart() -> None:
    sticky = kept(call(messages=[ONE, TWO]))
    assert sticky.pick(call(messages=[ONE, TWO]), "other") is None
    assert sticky.pick(call(dialect="messages", messages=[ONE, TWO]), "m") is None


def test_only_aliases_that_want_it_are_remembered() -> None:
    assert (
        kept(call(messages=[ONE, TWO], sticky=False)).pick(call(messages=[ONE, TWO]), "m") is None
    )
    direct = call(messages=[ONE, TWO])
    direct.plan = plan(ACME, canonical=None, sticky=True)
    assert kept(direct).pick(call(messages=[ONE, TWO]), "m") is None
    unplanned = call(messages=[ONE, TWO])
    unplanned.plan = None
    assert kept(unplanned).pick(call(messages=[ONE, TWO]), "m") is None


def test_a_call_without_a_readable_body_has_no_conversation() -> None:
    bare = exchange(body=None)
    assert Sticky().pick(bare, "m") is None


def test_what_was_not_used_for_longest_is_forgotten() -> None:
    sticky = kept(going_on(previous="first"))
    sticky.keep(going_on(previous="second"), ACME)
    for n in range(REMEMBERED - 2):
        sticky.keep(going_on(previous=f"n{n}"), ACME)
    assert sticky.pick(going_on(previous="first"), "m") is not None  # and is used again
    sticky.keep(going_on(previous="one more"), ACME)
    assert sticky.pick(going_on(previous="second"), "m") is None
    assert sticky.pick(going_on(previous="first"), "m") is not None


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    opened = await Store.open(":memory:")
    yield opened
    await opened.close()


async def test_who_served_at_another_worker_is_asked_for_once(store: Store) -> None:
    one, other = Sticky(store.memory), Sticky(store.memory)
    assert one.is_shared and not Sticky().is_shared
    one.keep(call(messages=[ONE, TWO]), ACME)
    await store.memory.flush()
    await other.fetch(call(messages=[ONE, TWO]), "m")
    assert other.pick(call(messages=[ONE, TWO]), "m") == ("acme", "fast", "")
    other.keep(call(messages=[ONE, TWO]), target("other/slow"))
    await one.fetch(call(messages=[ONE, TWO]), "m")  # knows, and does not ask
    assert one.pick(call(messages=[ONE, TWO]), "m") == ("acme", "fast", "")


async def test_a_chain_of_responses_is_followed_from_worker_to_worker(store: Store) -> None:
    one, other = Sticky(store.memory), Sticky(store.memory)
    one.keep(call(dialect="responses", input="Hi"), ACME, "resp_1")
    await store.memory.flush()
    await other.fetch(going_on(previous="resp_1"), "m")
    assert other.pick(going_on(previous="resp_1"), "m") == ("acme", "fast", "")


async def test_what_other_workers_do_not_know_either_is_nowhere(store: Store) -> None:
    sticky = Sticky(store.memory)
    for made in (call(messages=[ONE, TWO]), call(messages=[ONE])):
        await sticky.fetch(made, "m")
        assert sticky.pick(made, "m") is None
    alone = Sticky()
    await alone.fetch(call(messages=[ONE, TWO]), "m")
    assert alone.pick(call(messages=[ONE, TWO]), "m") is None


@pytest.mark.parametrize("text", [None, "[", "{}", '["acme","fast"]', '["acme","fast",1]'])
def test_what_another_release_has_written_is_left_out(text: str | None) -> None:
    assert Served.of(text) is None
    assert Served.of('["acme","fast","k"]') == Served("acme", "fast", "k")
