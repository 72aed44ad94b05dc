"""Turns become items."""

from __future__ import annotations

import pytest

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.dialects.openai_responses.input_encode import encode_turns
from plexus.transforms.ir import (
    ChatRequest,
    Media,
    Message,
    Opaque,
    Part,
    Refusal,
    Role,
    Seal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from plexus.transforms.wire import JsonObject, objects_at

SIGNED = Seal(dialect="gemini", kind="thought", data="x")


def turn(role: Role, *parts: Part) -> Message:
    """A message of these parts."""
    return Message(role=role, parts=parts)


def written(*messages: Message) -> tuple[list[JsonObject], list[str]]:
    """The items and the notes."""
    receipt = Receipt()
    request = ChatRequest(model="m", messages=messages)
    items = encode_turns(request, Traits(official=True), receipt)
    return items, [f"{note.action} {note.path}" for note in receipt.notes]


def said(role: str, kind: str, text: str) -> JsonObject:
    """A message item of one text."""
    part: JsonObject = {"type": kind, "text": text}
    if kind == "output_text":
        part["annotations"] = []
    return {"type": "message", "role": role, "content": [part]}


@pytest.mark.parametrize("role", ["system", "developer", "user"])
def test_prompts_and_questions_are_input(role: Role) -> None:
    assert written(turn(role, Text(text="a"))) == ([said(role, "input_text", "a")], [])


def test_an_assistants_words_are_output_and_end_where_a_call_begins() -> None:
    items, notes = written(
        turn(
            "assistant",
            Text(text="a"),
            Refusal(text="b"),
            ToolCall(id="c1", name="f", arguments="{}"),
            Text(text="d"),
        ),
        turn("user", ToolResult(call_id="c1", parts=(Text(text="ok"),)), Text(text="more")),
    )
    first = said("assistant", "output_text", "a")
    assert items == [
        {**first, "content": [*objects_at(first, "content"), {"type": "refusal", "refusal": "b"}]},
        {"type": "function_call", "name": "f", "call_id": "c1", "arguments": "{}"},
        said("assistant", "output_text", "d"),
        {"type": "function_call_output", "call_id": "c1", "output": "ok"},
        said("user", "input_text", "more"),
    ]
    assert notes == []


def test_a_custom_calls_result_is_custom_too() -> None:
    call = ToolCall(id="c1", name="x", arguments="ls", kind="custom")
    items, _ = written(turn("assistant", call), turn("user", ToolResult(call_id="c1")))
    assert [item["type"] for item in items] == ["custom_tool_call", "custom_tool_call_output"]


def test_empty_messages_and_parts_are_left_out() -> None:
    assert written(
        turn("user"), turn("assistant", Text(text="")), turn("user", Text(text="a"))
    ) == (
        [said("user", "input_text", "a")],
        [],
    )


def test_what_only_others_understand_is_noted_in_its_place() -> None:
    items, notes = written(
        Message(role="user", parts=(Text(text="a"),), name="joe"),
        turn(
            "assistant",
            Thinking(text="hm"),
            Opaque(dialect="messages", raw={"type": "server_tool_use"}),
            ToolCall(id="c1", name="f", seal=SIGNED),
        ),
        turn("user", ToolResult(call_id="c1"), Media(kind="video", url="https://example.com")),
    )
    assert [item["type"] for item in items] == [
        "message", "function_call", "function_call_output",
    ]  # fmt: skip
    assert notes == [
        "dropped messages[0].name",
        "dropped messages[1].parts[0]",
        "dropped messages[1].parts[1]",
        "dropped messages[1].parts[2].seal",
        "dropped messages[2].parts[1]",
    ]


def test_an_image_that_the_assistant_showed_stands_on_the_users_side() -> None:
    image = Media(kind="image", url="https://example.com/a.png")
    items, notes = written(turn("assistant", Text(text="here"), image, Text(text="nice?")))
    assert [item["role"] for item in items] == ["assistant", "user", "assistant"]
    assert notes == ["coerced messages[0].parts[1]"]
    film = Media(kind="video", url="https://example.com/a.mp4")
    assert written(turn("assistant", film)) == ([], ["dropped messages[0].parts[0]"])


def test_a_refusal_in_a_users_turn_is_plain_text() -> None:
    assert written(turn("user", Refusal(text="no"))) == ([said("user", "input_text", "no")], [])


def test_our_own_image_call_and_unknown_part_are_written_back() -> None:
    fields: JsonObject = {"type": "image_generation_call", "id": "ig_1"}
    image = Media(kind="image", data="aGk=", ext={"responses": {"item": fields}})
    part: JsonObject = {"type": "input_hologram"}
    unknown = Opaque(dialect="responses", raw={"type": "content_part", "part": part})
    items, notes = written(turn("assistant", image), turn("user", unknown))
    assert items == [
        {**fields, "result": "aGk="},
        {"type": "message", "role": "user", "content": [part]},
    ]
    assert notes == []
