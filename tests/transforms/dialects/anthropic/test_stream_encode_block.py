"""Blocks turn events into Anthropic's deltas."""

from __future__ import annotations

import pytest

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.anthropic.stream_encode_block import (
    CallBlock,
    Payload,
    TextBlock,
    ThinkingBlock,
    WholeBlock,
    WireBlock,
)
from plexus.transforms.envelope import seal_to_envelope
from plexus.transforms.events import BlockDelta, Cited, Sealed, Segmented
from plexus.transforms.ir import Citation, Refusal, Seal, Text, Thinking, ToolCall
from plexus.transforms.wire import JsonObject
from tests.transforms.dialects.anthropic.factories import SIGNED

CITATION: JsonObject = {"type": "char_location"}
REDACTED = Seal(dialect="messages", kind="redacted", data="ZA==")
FOREIGN = Seal(dialect="gemini", kind="thought", data="x")


def test_text_passes_with_its_citations() -> None:
    block = TextBlock("p", Text(text="", ext={"messages": {"x": 1}}))
    assert block.opening == {"type": "text", "text": "", "x": 1}
    assert said(
        block,
        BlockDelta(0, "text", "a"),
        BlockDelta(0, "text", ""),
        Cited(0, Citation(ext={"messages": CITATION})),
        Cited(0, Citation(url="https://x.example")),
        Segmented(0),
    ) == [{"type": "text_delta", "text": "a"}, {"type": "citations_delta", "citation": CITATION}]
    assert not block.due
    assert block.yields()


def test_a_refusal_is_text() -> None:
    block = TextBlock("p", Refusal(text=""))
    assert said(block, BlockDelta(0, "refusal", "No.")) == [{"type": "text_delta", "text": "No."}]


def test_thinking_ends_with_its_signature() -> None:
    block = ThinkingBlock("p", Thinking())
    assert block.opening == {"type": "thinking", "thinking": "", "signature": ""}
    assert said(
        block,
        BlockDelta(0, "thinking", "a"),
        BlockDelta(0, "thinking", ""),
        Segmented(0),
        Sealed(0, SIGNED),
        BlockDelta(0, "thinking", "b"),
        Cited(0, Citation()),
    ) == [
        {"type": "thinking_delta", "thinking": "a"},
        {"type": "thinking_delta", "thinking": "\n\n"},
        {"type": "thinking_delta", "thinking": "b"},
        {"type": "signature_delta", "signature": "c2ln"},
    ]
    assert block.closing() == [{"type": "signature_delta", "signature": ""}]


def test_thinking_that_nobody_signed_has_an_empty_signature() -> None:
    block = ThinkingBlock("p", Thinking())
    assert said(block, BlockDelta(0, "thinking", "a"))[1:] == [
        {"type": "signature_delta", "signature": ""}
    ]


@pytest.mark.parametrize("early", [True, False])
def test_a_foreign_seal_is_the_signature_of_the_words_beside_it(early: bool) -> None:
    block = ThinkingBlock("p", Thinking())
    words, seal = BlockDelta(0, "thinking", "a"), Sealed(0, FOREIGN)
    assert said(block, *((seal, words) if early else (words, seal))) == [
        {"type": "thinking_delta", "thinking": "a"},
        {"type": "signature_delta", "signature": seal_to_envelope(FOREIGN)},
    ]
    assert (block.opening["type"], block.late) == ("thinking", False)


def test_a_foreign_seal_alone_is_said_in_the_end() -> None:
    block = ThinkingBlock("p", Thinking())
    assert said(block, Sealed(0, FOREIGN)) == []
    assert (block.due, block.late) == (False, True)
    assert block.opening == {"type": "redacted_thinking", "data": seal_to_envelope(FOREIGN)}


def test_a_signature_alone_is_something_to_say() -> None:
    block = ThinkingBlock("p", Thinking())
    block.take(Sealed(0, SIGNED), Receipt())
    assert block.due


def test_redacted_thinking_is_a_block_of_its_own_kind() -> None:
    block = ThinkingBlock("p", Thinking(ext={"messages": {"x": 1}}))
    assert said(block, Sealed(0, REDACTED)) == []
    assert block.late
    assert block.opening == {"type": "redacted_thinking", "data": "ZA==", "x": 1}


@pytest.mark.parametrize("early", [True, False])
def test_thinking_that_is_shown_cannot_be_redacted(early: bool) -> None:
    receipt = Receipt()
    block = ThinkingBlock("p", Thinking())
    events = [BlockDelta(0, "thinking", "a"), Sealed(0, REDACTED)]
    for event in reversed(events) if early else events:
        block.take(event, receipt)
    assert block.opening["type"] == "thinking"
    assert block.closing() == [{"type": "signature_delta", "signature": ""}]
    assert [note.path for note in receipt.notes] == ["p.seal"]


@pytest.mark.parametrize(
    ("pieces", "written"),
    [
        ([], []),
        ([""], []),
        ([" "], []),
        (['{"a"', ": 1}"], ['{"a"', ": 1}"]),
        (["\n", ' {"a":1}'], ['\n {"a":1}']),
        (["[1", "]"], ['{"_raw":"[1]"}']),
        (["null"], ["{}"]),
        (['{"cut'], ['{"cut']),
    ],
)
def test_arguments_pass_once_they_are_seen_to_be_an_object(
    pieces: list[str], written: list[str]
) -> None:
    block = CallBlock(ToolCall(id="1", name="f"), "answer", 0)
    deltas = said(block, *(BlockDelta(0, "arguments", piece) for piece in pieces))
    assert deltas == [{"type": "input_json_delta", "partial_json": text} for text in written]


def test_free_text_is_wrapped_while_it_streams() -> None:
    block = CallBlock(ToolCall(id="1", name="exec", kind="custom"), "answer", 0)
    deltas = said(block, BlockDelta(0, "arguments", 'say "ü'), BlockDelta(0, "arguments", '\n"'))
    assert "".join(str(delta["partial_json"]) for delta in deltas) == '{"input":"say \\"ü\\n\\""}'
    empty = CallBlock(ToolCall(id="1", name="exec", kind="custom"), "answer", 0)
    assert said(empty) == [{"type": "input_json_delta", "partial_json": '{"input":""}'}]


def test_a_call_yields_when_its_arguments_are_complete() -> None:
    block = CallBlock(ToolCall(id="1", name="f"), "answer", 0)
    steps = []
    for piece in ["", '{"a": "}', '"', "}", " "]:
        block.take(BlockDelta(0, "arguments", piece), Receipt())
        steps.append(block.yields())
    assert steps == [False, False, False, True, True]
    custom = CallBlock(ToolCall(id="1", name="f", kind="custom"), "answer", 0)
    custom.take(BlockDelta(0, "arguments", "{}"), Receipt())
    assert not custom.yields()


@pytest.mark.parametrize(
    ("content", "opening", "deltas"),
    [
        (
            {"type": "text", "text": "a"},
            {"type": "text", "text": ""},
            [{"type": "text_delta", "text": "a"}],
        ),
        (
            {"type": "server_tool_use", "id": "s", "input": {"q": "ü"}},
            {"type": "server_tool_use", "id": "s", "input": {}},
            [{"type": "input_json_delta", "partial_json": '{"q":"ü"}'}],
        ),
        (
            {"type": "server_tool_use", "id": "s", "input": {}},
            {"type": "server_tool_use", "id": "s", "input": {}},
            [],
        ),
        (
            {"type": "web_search_tool_result", "content": []},
            {"type": "web_search_tool_result", "content": []},
            [],
        ),
    ],
)
def test_a_whole_block_streams_as_anthropic_streams_it(
    content: JsonObject, opening: JsonObject, deltas: list[JsonObject]
) -> None:
    block = WholeBlock(content)
    assert block.due
    assert not block.yields()
    assert block.opening == opening
    assert said(block, BlockDelta(0, "text", "ignored")) == deltas


def said(block: WireBlock, *payloads: Payload) -> list[JsonObject]:
    """The deltas that events and the end of a block give."""
    receipt = Receipt()
    deltas = [delta for payload in payloads for delta in block.take(payload, receipt)]
    return deltas + block.closing()
