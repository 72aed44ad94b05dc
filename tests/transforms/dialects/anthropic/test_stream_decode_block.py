"""Deltas of a block say what the block's type allows."""

from __future__ import annotations

import pytest

from plexus.transforms.dialects.anthropic.stream_decode_block import OpenBlock
from plexus.transforms.events import BlockDelta, BlockEnded, Cited, Event, Sealed
from plexus.transforms.ir import Citation, Media, Opaque, Part, Seal, Text, Thinking, ToolCall
from plexus.transforms.wire import JsonObject

CITATION: JsonObject = {"type": "char_location", "document_title": "T", "cited_text": "q"}


def test_text_takes_text_and_citations() -> None:
    events = taken(
        Text(text=""),
        {"type": "text_delta", "text": "a"},
        {"type": "text_delta", "text": ""},
        {"type": "citations_delta", "citation": CITATION},
        {"type": "citations_delta"},
        {"type": "input_json_delta", "partial_json": "{"},
    )
    assert events == [
        BlockDelta(7, "text", "a"),
        Cited(7, Citation(title="T", quote="q", ext={"messages": CITATION})),
        BlockEnded(index=7),
    ]


def test_thinking_takes_thinking_and_a_signature() -> None:
    events = taken(
        Thinking(),
        {"type": "thinking_delta", "thinking": "hm"},
        {"type": "thinking_delta", "thinking": ""},
        {"type": "signature_delta", "signature": ""},
        {"type": "signature_delta", "signature": "c2ln"},
        {"type": "text_delta", "text": "a"},
    )
    assert events == [
        BlockDelta(7, "thinking", "hm"),
        Sealed(7, Seal(dialect="messages", kind="signature", data="c2ln")),
        BlockEnded(index=7),
    ]


def test_an_envelope_in_place_of_a_signature_is_opened() -> None:
    delta: JsonObject = {"type": "signature_delta", "signature": "gw1.gemini.thought.eA"}
    assert taken(Thinking(), delta)[0] == Sealed(
        7, Seal(dialect="gemini", kind="thought", data="x")
    )


@pytest.mark.parametrize(
    ("start", "deltas", "arguments"),
    [
        ("{}", ["", '{"a"', ":1}"], ['{"a"', ":1}"]),
        ("{}", [""], ["{}"]),
        ("{}", [], ["{}"]),
        ('{"a":1}', [], ['{"a":1}']),
        ('{"a":1}', ['{"b":2}'], ['{"b":2}']),
    ],
)
def test_a_call_says_its_arguments_once(
    start: str, deltas: list[str], arguments: list[str]
) -> None:
    frames: list[JsonObject] = [{"type": "input_json_delta", "partial_json": d} for d in deltas]
    events = taken(ToolCall(id="1", name="f", arguments=start), *frames)
    assert events == [
        *(BlockDelta(7, "arguments", text) for text in arguments),
        BlockEnded(index=7),
    ]


def test_a_call_opens_without_arguments() -> None:
    assert OpenBlock(7, ToolCall(id="1", name="f", arguments="{}")).part == ToolCall(
        id="1", name="f"
    )


def test_a_server_tools_input_is_put_together() -> None:
    raw: JsonObject = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}
    events = taken(
        Opaque(dialect="messages", raw=raw),
        {"type": "input_json_delta", "partial_json": ""},
        {"type": "input_json_delta", "partial_json": '{"query"'},
        {"type": "input_json_delta", "partial_json": ':"x"}'},
    )
    assert events == [
        BlockEnded(index=7, block=Opaque(dialect="messages", raw={**raw, "input": {"query": "x"}}))
    ]
    assert raw["input"] == {}


def test_an_input_that_breaks_off_stays_text() -> None:
    raw: JsonObject = {"type": "server_tool_use", "input": {}}
    (ended,) = taken(
        Opaque(dialect="messages", raw=raw), {"type": "input_json_delta", "partial_json": '{"q'}
    )
    assert ended == BlockEnded(
        index=7, block=Opaque(dialect="messages", raw={**raw, "input": '{"q'})
    )


def test_a_block_of_an_unknown_type_grows_by_what_its_deltas_say() -> None:
    raw: JsonObject = {"type": "compaction", "content": "so ", "signature": None}
    (ended,) = taken(
        Opaque(dialect="messages", raw=raw),
        {"type": "compaction_delta", "content": "far", "encrypted_content": None},
        {"type": "compaction_delta", "signature": "c2ln", "list": [1]},
    )
    assert ended == BlockEnded(
        index=7,
        block=Opaque(
            dialect="messages",
            raw={"type": "compaction", "content": "so far", "signature": "c2ln", "list": [1]},
        ),
    )


def test_a_whole_block_needs_no_deltas() -> None:
    raw: JsonObject = {"type": "web_search_tool_result", "content": []}
    assert taken(Opaque(dialect="messages", raw=raw)) == [BlockEnded(index=7)]
    assert taken(Media(kind="image"), {"type": "text_delta", "text": "a"}) == [BlockEnded(index=7)]


def taken(part: Part, *deltas: JsonObject) -> list[Event]:
    """The events that deltas and the end of a block give."""
    block = OpenBlock(7, part)
    return [event for delta in deltas for event in block.take(delta)] + block.end()
