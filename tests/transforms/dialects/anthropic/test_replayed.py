"""What other providers' answers have become in a Messages client's history."""

from collections.abc import Mapping

import pytest

from plexus.transforms.codec import Traits
from plexus.transforms.dialects.anthropic import DIALECT
from plexus.transforms.dialects.anthropic.replayed import holds_foreign
from plexus.transforms.envelope import seal_to_envelope
from plexus.transforms.ir import Seal
from plexus.transforms.lazy_object import read_object
from plexus.transforms.wire import Json, JsonObject, dump

ENVELOPE = seal_to_envelope(Seal(dialect="gemini", kind="thought", data="c2ln"))


def history(block: JsonObject, role: str = "assistant") -> JsonObject:
    return {"messages": [{"role": "user", "content": "Hi"}, {"role": role, "content": [block]}]}


def unread(body: JsonObject) -> Mapping[str, Json]:
    """The body as a large one comes in."""
    return read_object(dump(body) + b" " * 5000)


@pytest.mark.parametrize(
    ("block", "foreign"),
    [
        ({"type": "thinking", "thinking": "hm", "signature": "c2lnbmVk"}, False),
        ({"type": "thinking", "thinking": "hm", "signature": ""}, True),
        ({"type": "thinking", "thinking": "hm"}, True),
        ({"type": "thinking", "thinking": "hm", "signature": ENVELOPE}, True),
        ({"type": "redacted_thinking", "data": "b3BhcXVl"}, False),
        ({"type": "redacted_thinking", "data": ENVELOPE}, True),
        ({"type": "text", "text": ENVELOPE}, False),
    ],
)
def test_thinking_that_anthropic_did_not_sign_is_found(block: JsonObject, foreign: bool) -> None:
    assert holds_foreign(history(block)) is foreign
    assert holds_foreign(unread(history(block))) is foreign


def test_only_the_assistants_turns_count() -> None:
    assert holds_foreign(history({"type": "thinking", "signature": ""}, role="user")) is False


@pytest.mark.parametrize("body", [{}, {"messages": "no"}, {"messages": [{"role": "assistant"}]}])
def test_odd_bodies_hold_nothing(body: JsonObject) -> None:
    assert holds_foreign(body) is False


def test_such_a_body_is_not_passed_through() -> None:
    assert DIALECT.must_rewrite(history({"type": "thinking", "signature": ENVELOPE}), Traits())
    assert not DIALECT.must_rewrite(history({"type": "text", "text": "a"}), Traits())
