"""Items become turns."""

from __future__ import annotations

import pytest

from plexus.transforms.dialects.openai_responses.turns import decode_input
from plexus.transforms.envelope import seal_to_envelope
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import Message, Opaque, Seal, Text, Thinking, ToolCall, ToolResult
from plexus.transforms.wire import Json, JsonObject

CALL: JsonObject = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
RESULT: JsonObject = {"type": "function_call_output", "call_id": "c1", "output": "ok"}


def shape(value: Json) -> list[tuple[str, list[str]]]:
    """Role and kinds of parts of each turn."""
    return [(m.role, [type(part).__name__ for part in m.parts]) for m in decode_input(value)]


def test_a_string_is_one_user_message() -> None:
    assert decode_input("hi") == (Message(role="user", parts=(Text(text="hi"),)),)


def test_neighbouring_items_of_the_assistant_make_one_turn() -> None:
    items: list[Json] = [
        {"role": "user", "content": "q"},
        {"type": "reasoning", "summary": [], "encrypted_content": "x"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "a"}]},
        CALL,
        {**CALL, "call_id": "c2"},
        RESULT,
        {**RESULT, "call_id": "c2"},
        {"role": "assistant", "content": "done"},
        {"role": "user", "content": "more"},
    ]
    assert shape(items) == [
        ("user", ["Text"]),
        ("assistant", ["Thinking", "Text", "ToolCall", "ToolCall"]),
        ("user", ["ToolResult", "ToolResult"]),
        ("assistant", ["Text"]),
        ("user", ["Text"]),
    ]


def test_prompts_stay_where_they_stand_and_messages_stay_apart() -> None:
    items: list[Json] = [
        {"role": "developer", "content": "a"},
        {"role": "user", "content": "b"},
        {"role": "user", "content": "c"},
        {"role": "system", "content": "d"},
    ]
    assert [message.role for message in decode_input(items)] == [
        "developer", "user", "user", "system",
    ]  # fmt: skip


def test_a_messages_fields_are_kept() -> None:
    (message,) = decode_input([{"role": "user", "content": "a", "id": "msg_1", "type": "message"}])
    assert message.ext == {"responses": {"item": {"id": "msg_1"}}}


def test_tools_that_come_along_leave_an_empty_message_in_their_place() -> None:
    item: JsonObject = {"type": "additional_tools", "role": "developer", "tools": []}
    (message,) = decode_input([item])
    assert message == Message(role="developer", parts=(), ext={"responses": {"raw": item}})


def test_what_the_client_ran_stands_on_its_side() -> None:
    output: JsonObject = {"type": "shell_call_output", "call_id": "s1", "output": []}
    call: JsonObject = {"type": "shell_call", "call_id": "s1"}
    assert [(m.role, m.parts) for m in decode_input([call, output, RESULT])] == [
        ("assistant", (Opaque(dialect="responses", raw=call),)),
        (
            "user",
            (
                Opaque(dialect="responses", raw=output),
                ToolResult(call_id="c1", parts=(Text(text="ok"),), ext={"responses": {"item": {}}}),
            ),
        ),
    ]


def test_the_seal_of_a_call_finds_its_way_back() -> None:
    seal = Seal(dialect="gemini", kind="thought", data="sig")
    travelling = seal_to_envelope(Seal(dialect="gemini", kind="thought", data="sig", id="c1"))
    carrier: JsonObject = {"type": "reasoning", "summary": [], "encrypted_content": travelling}
    for items in ([carrier, CALL], [CALL, carrier]):
        (message,) = decode_input([*items])
        (call,) = message.parts
        assert isinstance(call, ToolCall)
        assert call.seal == seal


def test_a_seal_whose_call_is_gone_stays_reasoning() -> None:
    text = seal_to_envelope(Seal(dialect="gemini", kind="thought", data="sig", id="c9"))
    (message,) = decode_input([{"type": "reasoning", "encrypted_content": text}, CALL])
    assert [type(part) for part in message.parts] == [Thinking, ToolCall]


def test_a_role_makes_a_message_of_what_is_unknown_alone() -> None:
    assert shape([{"type": "note", "role": "user", "content": "a"}]) == [("user", ["Text"])]
    assert shape([{**RESULT, "role": "user", "content": "a"}]) == [("user", ["ToolResult"])]


def test_a_lone_string_in_the_list_is_the_users() -> None:
    assert shape(["hi"]) == [("user", ["Text"])]


@pytest.mark.parametrize(
    ("value", "where"),
    [
        (7, "input"),
        ([[]], "input[0]"),
        ([{"role": "user", "content": "a"}, None], "input[1]"),
        ([{"role": "user", "content": 3}], "input[0].content"),
    ],
)
def test_what_is_no_item_is_refused_by_name(value: Json, where: str) -> None:
    with pytest.raises(GatewayError) as caught:
        decode_input(value)
    assert (caught.value.kind, caught.value.where) == (Kind.BAD_REQUEST, where)
