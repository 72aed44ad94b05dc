"""What other providers' answers have become in a Gemini client's contents."""

from collections.abc import Mapping

import pytest

from plexus.transforms.codec import Traits
from plexus.transforms.dialects.gemini import DIALECT
from plexus.transforms.dialects.gemini.replayed import holds_unsigned
from plexus.transforms.lazy_object import read_object
from plexus.transforms.wire import Json, JsonObject, dump

CALL: JsonObject = {"functionCall": {"name": "weather", "args": {}}}
SIGNED: JsonObject = {**CALL, "thoughtSignature": "c2ln"}


def contents(*turns: tuple[str, list[JsonObject]]) -> JsonObject:
    return {"contents": [{"role": role, "parts": list(parts)} for role, parts in turns]}


def unread(body: JsonObject) -> Mapping[str, Json]:
    """The body as a large one comes in."""
    return read_object(dump(body) + b" " * 5000)


@pytest.mark.parametrize(
    ("body", "unsigned"),
    [
        (contents(("user", [{"text": "Hi"}]), ("model", [SIGNED])), False),
        (contents(("model", [CALL])), True),
        (contents(("model", [SIGNED, CALL])), False),
        (contents(("model", [SIGNED]), ("model", [CALL])), False),
        (contents(("model", [SIGNED]), ("user", [{"text": "x"}]), ("model", [CALL])), True),
        (contents(("model", [{"text": "no call"}])), False),
        (contents(("user", [CALL])), False),
        ({}, False),
        ({"contents": ["odd"]}, False),
    ],
)
def test_a_step_of_calls_without_any_signature_is_found(body: JsonObject, unsigned: bool) -> None:
    assert holds_unsigned(body) is unsigned
    assert holds_unsigned(unread(body)) is unsigned


def test_unsigned_calls_are_in_the_way_of_gemini_3_alone() -> None:
    for key in ("functionCall", "function_call"):
        body = contents(("model", [{key: {"name": "weather"}}]))
        assert DIALECT.must_rewrite(body, Traits(thought_signatures=True))
        assert DIALECT.must_rewrite(unread(body), Traits(thought_signatures=True))
        assert not DIALECT.must_rewrite(body, Traits())
