"""A conversation stays with the target that served it last."""

import pytest

from plexus.addons.exchange import Exchange
from plexus.addons.routing.sticky import REMEMBERED, Sticky
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
    [{}, {"messages": []}, {"messages": [ONE]}, {"input": "Hi"}, {"previous_response_id": ""}],
)
def test_what_tells_no_conversation_is_not_remembered(body: JsonObject) -> None:
    assert kept(call(**body)).pick(call(**body), "m") is None


def test_a_chain_of_responses_is_followed_from_turn_to_turn() -> None:
    sticky = kept(call(dialect="responses", input="Hi"), "resp_1")
    second = call(dialect="responses", input="And?", previous_response_id="resp_1")
    assert sticky.pick(second, "m") == ("acme", "fast", "")
    sticky.keep(second, target("other/slow"), "resp_2")
    third = call(dialect="responses", input="So?", previous_response_id="resp_2")
    assert sticky.pick(third, "m") == ("other", "slow", "")


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
    sticky = kept(call(previous_response_id="first"))
    sticky.keep(call(previous_response_id="second"), ACME)
    for n in range(REMEMBERED - 2):
        sticky.keep(call(previous_response_id=f"n{n}"), ACME)
    assert sticky.pick(call(previous_response_id="first"), "m") is not None  # and is used again
    sticky.keep(call(previous_response_id="one more"), ACME)
    assert sticky.pick(call(previous_response_id="second"), "m") is None
    assert sticky.pick(call(previous_response_id="first"), "m") is not None
