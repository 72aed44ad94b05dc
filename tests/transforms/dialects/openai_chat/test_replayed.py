"""What other providers' answers have become in a chat client's history."""

from collections.abc import Mapping

import pytest

from plexus.transforms.codec import Traits
from plexus.transforms.dialects.openai_chat import DIALECT
from plexus.transforms.dialects.openai_chat.replayed import holds_foreign
from plexus.transforms.lazy_object import read_object
from plexus.transforms.wire import Json, JsonObject, dump

CALL: JsonObject = {"id": "call_1", "type": "function", "function": {"name": "f"}}


def unread(body: JsonObject) -> Mapping[str, Json]:
    """The body as a large one comes in."""
    return read_object(dump(body) + b" " * 5000)


@pytest.mark.parametrize(
    ("message", "foreign"),
    [
        ({"role": "assistant", "content": "Hi"}, False),
        ({"role": "assistant", "content": "Hi", "reasoning_content": "hm"}, True),
        ({"role": "assistant", "content": "Hi", "reasoning": "hm"}, True),
        ({"role": "assistant", "reasoning_details": []}, True),
        ({"role": "assistant", "tool_calls": [CALL]}, False),
        ({"role": "assistant", "tool_calls": [{**CALL, "extra_content": {}}]}, True),
        ({"role": "user", "content": "Hi", "reasoning_content": "hm"}, False),
    ],
)
def test_reasoning_in_a_history_is_found(message: JsonObject, foreign: bool) -> None:
    assert holds_foreign({"messages": [message]}) is foreign
    assert holds_foreign(unread({"messages": [message]})) is foreign


def test_a_body_without_messages_holds_nothing() -> None:
    assert holds_foreign({"messages": None}) is False


def test_reasoning_is_in_the_way_of_openai_alone() -> None:
    told: JsonObject = {"messages": [{"role": "assistant", "reasoning_content": "hm"}]}
    assert DIALECT.must_rewrite(told, Traits(official=True))
    assert not DIALECT.must_rewrite(told, Traits())
