"""Turns of Gemini clients, and which response answers which call."""

from __future__ import annotations

import re

import pytest

from plexus.transforms.dialects.gemini.contents_decode import decode_contents
from plexus.transforms.dialects.gemini.keys import mark
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import Message, Text, ToolCall, ToolResult
from plexus.transforms.wire import Json, JsonObject


def call(name: str, **fields: Json) -> JsonObject:
    return {"functionCall": {"name": name, "args": {}, **fields}}


def answer(name: str, text: str = "", **fields: Json) -> JsonObject:
    return {"functionResponse": {"name": name, "response": {"result": text}, **fields}}


def model(*parts: JsonObject) -> JsonObject:
    return {"role": "model", "parts": [*parts]}


def user(*parts: JsonObject) -> JsonObject:
    return {"role": "user", "parts": [*parts]}


def pairs(*contents: JsonObject) -> list[tuple[str, str]]:
    """For each result, its text and the name and place of the call that it answers."""
    messages = decode_contents([*contents])
    parts = [part for message in messages for part in message.parts]
    calls = [part for part in parts if isinstance(part, ToolCall)]
    found = []
    for part in parts:
        if isinstance(part, ToolResult):
            (text,) = [piece.text for piece in part.parts if isinstance(piece, Text)]
            place = next((str(n) for n, c in enumerate(calls) if c.id == part.call_id), "none")
            found.append((text, place))
    return found


def test_roles_and_extra_fields_are_read() -> None:
    content: JsonObject = {"role": "model", "parts": [{"text": "a"}], "strange": 1}
    assert decode_contents([content, {"parts": {"text": "b"}}]) == (
        Message(role="assistant", parts=(Text(text="a", ext=mark({})),), ext=mark({"strange": 1})),
        Message(role="user", parts=(Text(text="b", ext=mark({})),), ext=mark({})),
    )


def test_the_old_function_role_is_the_users() -> None:
    (message,) = decode_contents([{"role": "function", "parts": [answer("f")]}])
    assert message.role == "user"


def test_calls_without_ids_get_stable_ones() -> None:
    contents: list[Json] = [user({"text": "x"}), model(call("f"), call("f"))]
    first, second = decode_contents(contents)[1].parts
    assert isinstance(first, ToolCall)
    assert isinstance(second, ToolCall)
    assert first.id != second.id
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,40}", first.id)
    # More turns do not change them: prompts stay cacheable.
    assert decode_contents([*contents, user({"text": "y"})])[1].parts[0] == first


def test_responses_are_paired_by_name_and_order() -> None:
    assert pairs(
        model(call("f"), call("g"), call("f")),
        user(answer("g", "of g"), answer("f", "first f"), answer("f", "second f")),
    ) == [("of g", "1"), ("first f", "0"), ("second f", "2")]


def test_responses_are_paired_by_id_where_there_is_one() -> None:
    assert pairs(
        model(call("f", id="a"), call("f", id="b")),
        user(answer("f", "of b", id="b"), answer("f", "of a", id="a")),
    ) == [("of b", "1"), ("of a", "0")]


def test_responses_may_come_in_contents_of_their_own() -> None:
    assert pairs(
        model(call("f"), call("f")), user(answer("f", "one")), user(answer("f", "two"))
    ) == [("one", "0"), ("two", "1")]


def test_a_call_that_was_never_answered_does_not_take_a_later_answer() -> None:
    assert pairs(
        model(call("f")), user({"text": "stop"}), model(call("f")), user(answer("f", "late"))
    ) == [("late", "1")]


def test_a_response_without_a_call_keeps_an_id_of_its_own() -> None:
    assert pairs(user(answer("f", "lost"))) == [("lost", "none")]
    (message,) = decode_contents([user(answer("f"), answer("f"), answer("g", id="own"))])
    ids = [part.call_id for part in message.parts if isinstance(part, ToolResult)]
    assert len(set(ids)) == 3
    assert ids[2] == "own"


@pytest.mark.parametrize(
    ("contents", "where"),
    [
        (None, "contents"),
        ([], "contents"),
        (["x"], "contents[0]"),
        ([user({"text": "a"}), 7], "contents[1]"),
        ([{"role": "system", "parts": []}], "contents[0].role"),
        ([{"role": "user", "parts": [{"text": "a"}, "b"]}], "contents[0].parts[1]"),
        ("hello", "contents[0]"),
    ],
)
def test_what_is_no_content_is_refused_by_name(contents: Json, where: str) -> None:
    with pytest.raises(GatewayError) as caught:
        decode_contents(contents)
    assert (caught.value.kind, caught.value.where) == (Kind.BAD_REQUEST, where)
