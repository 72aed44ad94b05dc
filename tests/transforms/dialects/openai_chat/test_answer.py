"""The message of an answer says for a chat client what another vendor's model said."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.openai_chat.answer import Client, encode_answer
from plexus.transforms.ir import (
    Choice,
    Citation,
    Media,
    Opaque,
    Part,
    Refusal,
    Seal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    ToolSpec,
)
from plexus.transforms.names import GEMINI, OPENAI, legal_name
from tests.transforms.dialects.openai_chat.making import body, call, decoded, foreign

ORDINARY = Client()


def _message(*parts: Part, client: Client = ORDINARY) -> tuple[Any, list[str]]:
    receipt = Receipt()
    message = encode_answer(Choice(parts=parts), "c", client, receipt)
    assert message.pop("role") == "assistant"
    return message, [str(note) for note in receipt.notes]


def test_texts_are_joined_and_an_empty_answer_is_null() -> None:
    assert _message(Text(text="a"), Text(text="b")) == ({"content": "ab"}, [])
    assert _message() == ({"content": None}, [])


def test_thoughts_stand_beside_the_content() -> None:
    seal = Seal(dialect="messages", kind="signature", data="s")

    message, _ = _message(Thinking(text="why", seal=seal), Text(text="a"))

    assert message == {
        "content": "a",
        "reasoning_content": "why",
        "reasoning_details": [
            {
                "type": "reasoning.text",
                "text": "why",
                "signature": "s",
                "format": "anthropic-claude-v1",
                "index": 0,
            }
        ],
    }


def test_calls_have_null_content_and_their_seal() -> None:
    seal = Seal(dialect="gemini", kind="thought", data="s")

    message, _ = _message(ToolCall(id="c", name="f", arguments="{}", seal=seal))

    extra = {"google": {"thought_signature": "s"}}
    assert message == {"content": None, "tool_calls": [call("c", extra_content=extra)]}


def test_a_refusal_has_its_own_field() -> None:
    assert _message(Refusal(text="no"))[0] == {"content": None, "refusal": "no"}


def test_citations_count_from_the_beginning_of_the_whole_text() -> None:
    message, notes = _message(
        Text(text="é1"),
        Text(text="abc", citations=(Citation(url="u", title="T"), Citation(quote="q"))),
        Text(text="def", citations=(Citation(url="v", start=1, end=2),)),
    )

    assert [a["url_citation"] for a in message["annotations"]] == [
        {"url": "u", "title": "T", "start_index": 2, "end_index": 5},
        {"url": "v", "title": "", "start_index": 6, "end_index": 7},
    ]
    assert notes == ["dropped c.parts[1].citations[1] (no web address)"]


def test_pictures_are_shown_in_the_text() -> None:
    message, _ = _message(
        Text(text="look:"),
        Media(kind="image", mime="image/png", data="iVBORw0KGgo="),
        Text(text="nice"),
    )

    assert message["content"] == "look:\n![image](data:image/png;base64,iVBORw0KGgo=)\nnice"


def test_an_array_of_content_stays_one() -> None:
    thought: Any = {"type": "thinking", "thinking": [{"type": "text", "text": "t"}]}

    message, _ = _message(
        Thinking(text="t", ext={"chat": {"part": thought}}),
        Text(text="a"),
        Media(kind="image", url="u"),
    )

    assert message["content"] == [
        thought,
        {"type": "text", "text": "a"},
        {"type": "text", "text": "![image](u)"},
    ]


def test_sound_has_its_own_field_and_film_has_none() -> None:
    message, notes = _message(
        Media(kind="audio", mime="audio/L16", data="AA"), Media(kind="video", url="u")
    )

    assert message["audio"] == {"id": "audio_0", "data": "AA", "expires_at": 0, "transcript": ""}
    assert notes == ["dropped c.parts[1] (chat answers hold no video)"]


@pytest.mark.parametrize(
    ("part", "note"),
    [
        (Opaque(dialect="messages", raw={"type": "server_tool_use"}),
         "dropped c.parts[0] (a block that only messages understands)"),
        (ToolResult(call_id="a"), "dropped c.parts[0] (chat answers hold no tool results)"),
    ],
)  # fmt: skip
def test_another_vendors_server_tools_are_left_out_and_noted(part: Part, note: str) -> None:
    assert _message(part, Text(text="a")) == ({"content": "a"}, [note])


def test_a_custom_tools_call_is_unwrapped_for_the_client_that_defined_it() -> None:
    client = Client.of(foreign(tools=(ToolSpec(name="sh", kind="custom"),)))

    message, _ = _message(ToolCall(id="c", name="sh", arguments='{"input":"ls"}'), client=client)

    assert message["tool_calls"] == [
        {"id": "c", "type": "custom", "custom": {"name": "sh", "input": "ls"}}
    ]


def test_a_client_of_old_gets_one_function_call() -> None:
    client = Client.of(decoded(body(functions=[{"name": "f"}])))

    message, notes = _message(
        ToolCall(id="a", name="f", arguments=""), ToolCall(id="b", name="f"), client=client
    )

    assert message == {"content": None, "function_call": {"name": "f", "arguments": "{}"}}
    assert notes == ["dropped c.parts[1] (function_call holds one call)"]


def test_without_a_request_the_client_is_an_ordinary_one() -> None:
    assert Client.of(None) == ORDINARY


def test_a_call_comes_back_by_the_name_that_the_client_gave() -> None:
    client = Client.of(
        foreign(tools=(ToolSpec(name="fs.read"), ToolSpec(name="s/h", kind="custom")))
    )
    changed = ToolCall(id="a", name=legal_name("fs.read", OPENAI), arguments="{}")
    custom = ToolCall(id="b", name=legal_name("s/h", GEMINI), arguments='{"input":"ls"}')

    message, _ = _message(changed, custom, client=client)

    assert message["tool_calls"] == [
        call("a", "fs.read"),
        {"id": "b", "type": "custom", "custom": {"name": "s/h", "input": "ls"}},
    ]
