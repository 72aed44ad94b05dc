"""Parts of turns are written as Anthropic takes them."""

from __future__ import annotations

import pytest

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.dialects.anthropic.content_encode import encode_parts
from plexus.transforms.ir import (
    CacheMark,
    Citation,
    Ext,
    Media,
    Message,
    Opaque,
    Part,
    Refusal,
    Seal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from plexus.transforms.wire import JsonObject
from tests.transforms.dialects.anthropic.factories import SIGNED, assistant, user

NAME = "messages"
EXT: Ext = {NAME: {"novelty": 1}, "chat": {"foreign": 2}}
REDACTED = Seal(dialect=NAME, kind="redacted", data="ZA==")
WEB: JsonObject = {"type": "web_search_result_location", "encrypted_index": "x"}


@pytest.mark.parametrize(
    ("part", "block"),
    [
        (Text(text="a", ext=EXT), {"type": "text", "text": "a", "novelty": 1}),
        (
            Text(text="a", citations=(Citation(ext={NAME: WEB}),), cache=CacheMark()),
            {
                "type": "text",
                "text": "a",
                "citations": [WEB],
                "cache_control": {"type": "ephemeral"},
            },
        ),
        (
            Thinking(text="hm", seal=SIGNED, ext=EXT),
            {"type": "thinking", "thinking": "hm", "signature": "c2ln", "novelty": 1},
        ),
        (Thinking(seal=SIGNED), {"type": "thinking", "thinking": "", "signature": "c2ln"}),
        (Thinking(seal=REDACTED), {"type": "redacted_thinking", "data": "ZA=="}),
        (
            ToolCall(id="functions.f:0", name="n.s", arguments='{"a":1}', ext=EXT),
            {
                "type": "tool_use",
                "id": "functions_f_0_e912ed8a",
                "name": "n_s_8ed03793",
                "input": {"a": 1},
                "novelty": 1,
            },
        ),
        (
            ToolCall(id="1", name="exec", arguments="ls -l", kind="custom"),
            {"type": "tool_use", "id": "1", "name": "exec", "input": {"input": "ls -l"}},
        ),
        (Refusal(text="No."), {"type": "text", "text": "No."}),
        (
            Opaque(dialect=NAME, raw={"type": "server_tool_use", "id": "a.b", "name": "s"}),
            {"type": "server_tool_use", "id": "a_b_848885a2", "name": "s"},
        ),
    ],
)
def test_a_part_is_written(part: Part, block: JsonObject) -> None:
    assert written(assistant(part)) == ([block], [])


@pytest.mark.parametrize(
    ("part", "block"),
    [
        (
            ToolResult(call_id="1", parts=(Text(text="ok"),), is_error=True, cache=CacheMark()),
            {
                "type": "tool_result",
                "tool_use_id": "1",
                "content": "ok",
                "is_error": True,
                "cache_control": {"type": "ephemeral"},
            },
        ),
        (ToolResult(call_id="1"), {"type": "tool_result", "tool_use_id": "1"}),
        (
            ToolResult(call_id="1", parts=(Text(text=" "), Text(text="a", cache=CacheMark()))),
            {
                "type": "tool_result",
                "tool_use_id": "1",
                "content": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}],
            },
        ),
        (
            ToolResult(
                call_id="1",
                parts=(Text(text="seen"), Media(kind="image", url="https://x.example/a.png")),
            ),
            {
                "type": "tool_result",
                "tool_use_id": "1",
                "content": [
                    {"type": "text", "text": "seen"},
                    {"type": "image", "source": {"type": "url", "url": "https://x.example/a.png"}},
                ],
            },
        ),
    ],
)
def test_a_tool_result_is_written(part: ToolResult, block: JsonObject) -> None:
    assert written(user(part))[0] == [block]


@pytest.mark.parametrize(
    ("part", "note"),
    [
        (Thinking(text="hm"), "dropped m.parts[0] (thinking that Anthropic did not sign)"),
        (
            Thinking(text="hm", seal=Seal(dialect=NAME, kind="signature", data="")),
            "dropped m.parts[0] (thinking that Anthropic did not sign)",
        ),
        (
            Thinking(text="hm", seal=Seal(dialect="responses", kind="encrypted", data="x")),
            "dropped m.parts[0] (thinking that Anthropic did not sign)",
        ),
        (
            Opaque(dialect="responses", raw={"type": "x"}),
            "dropped m.parts[0] (a block of responses: x)",
        ),
        (Opaque(dialect=NAME, raw=[1]), "dropped m.parts[0] (a block of messages)"),
        (Text(text=" \n"), "coerced m.parts[0] (blank text left out)"),
        (
            Media(kind="image", url="https://x.example/a.png"),
            "dropped m.parts[0] (Anthropic takes no media from the assistant)",
        ),
    ],
)
def test_what_anthropic_refuses_is_left_out_with_a_note(part: Part, note: str) -> None:
    assert written(assistant(part)) == ([], [note])


def test_empty_text_says_nothing_and_needs_no_note() -> None:
    assert written(assistant("")) == ([], [])


def test_a_foreign_signature_on_a_call_is_noted() -> None:
    seal = Seal(dialect="gemini", kind="thought", data="x")
    blocks, notes = written(assistant(ToolCall(id="1", name="f", seal=seal)))
    assert blocks == [{"type": "tool_use", "id": "1", "name": "f", "input": {}}]
    assert notes == ["dropped m.parts[0].seal (a signature that only gemini reads)"]


def test_an_opaque_block_is_copied_before_it_is_changed() -> None:
    raw: JsonObject = {"type": "web_search_tool_result", "tool_use_id": "a.b", "content": []}
    written(assistant(Opaque(dialect=NAME, raw=raw)))
    assert raw["tool_use_id"] == "a.b"


def written(message: Message) -> tuple[list[JsonObject], list[str]]:
    """The blocks of a turn, and the notes."""
    receipt = Receipt()
    blocks = encode_parts(message, "m", Traits(), receipt)
    return blocks, [str(note) for note in receipt.notes]
