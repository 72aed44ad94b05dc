"""The blocks of a choice become deltas, side by side if need be."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.openai_chat.answer import Client
from plexus.transforms.dialects.openai_chat.stream_blocks import ChoiceWriter
from plexus.transforms.ir import (
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
)


def _writer() -> tuple[ChoiceWriter, Receipt]:
    receipt = Receipt()
    return ChoiceWriter(Client(), receipt, "c"), receipt


def test_texts_of_several_blocks_run_on() -> None:
    writer, _ = _writer()

    told = [
        *writer.open(0, Text(text="a")), *writer.say(0, "b"), *writer.end(0),
        *writer.open(1, Text(text="")), *writer.say(1, ""), *writer.say(1, "c"), *writer.end(1),
    ]  # fmt: skip

    assert told == [{"content": "a"}, {"content": "b"}, {"content": "c"}]


def test_calls_are_counted_among_themselves() -> None:
    writer, _ = _writer()

    writer.open(3, Text(text="a"))
    first: Any = writer.open(5, ToolCall(id="a", name="f"))
    second: Any = writer.open(9, ToolCall(id="b", name="g"))

    assert [delta["tool_calls"][0]["index"] for delta in (*first, *second)] == [0, 1]
    assert writer.calls == 2


def test_calls_may_be_told_in_turn() -> None:
    writer, _ = _writer()
    writer.open(0, ToolCall(id="a", name="f"))
    writer.open(1, ToolCall(id="b", name="g"))

    told: Any = [*writer.say(0, "{"), *writer.say(1, "{"), *writer.say(0, "}")]

    assert [delta["tool_calls"][0]["index"] for delta in told] == [0, 1, 0]


def test_a_thought_that_comes_whole_is_told_with_its_seal() -> None:
    writer, _ = _writer()
    seal = Seal(dialect="messages", kind="redacted", data="d")

    assert writer.open(0, Thinking(seal=seal)) == []
    assert writer.end(0) == [
        {
            "reasoning_details": [
                {
                    "type": "reasoning.encrypted",
                    "data": "d",
                    "format": "anthropic-claude-v1",
                    "index": 0,
                }
            ]
        }
    ]


def test_a_thoughts_segments_are_told_apart() -> None:
    writer, _ = _writer()

    told = [*writer.open(0, Thinking(segments=("a", "b"))), *writer.segment(0)]

    assert [delta["reasoning_content"] for delta in told] == ["a", "\n\n", "b", "\n\n"]


def test_a_refusal_has_its_own_field() -> None:
    writer, _ = _writer()

    assert writer.open(0, Refusal(text="n")) + writer.say(0, "o") + writer.end(0) == [
        {"refusal": "n"},
        {"refusal": "o"},
    ]
    assert writer.refused


def test_citations_are_told_when_their_text_has_ended() -> None:
    writer, receipt = _writer()
    writer.open(0, Text(text="ab"))
    writer.open(1, Text(text="", citations=(Citation(url="u"),)))
    writer.cite(1, Citation(url="v", start=0, end=1))
    writer.cite(1, Citation(quote="q"))
    writer.say(1, "cde")

    (delta,) = writer.end(1)

    annotations: Any = delta["annotations"]
    assert [(a["url_citation"]["start_index"], a["url_citation"]["end_index"])
            for a in annotations] == [(2, 5), (2, 3)]  # fmt: skip
    assert len(receipt.notes) == 1


@pytest.mark.parametrize(
    ("block", "deltas", "note"),
    [
        (Media(kind="image", url="u"), [{"content": "![image](u)"}],
         "coerced c.parts[0] (an image goes as markdown)"),
        (Media(kind="audio", data="AA"),
         [{"audio": {"id": "audio_0", "data": "AA", "expires_at": 0, "transcript": ""}}], None),
        (Media(kind="audio", data="AA", ext={"chat": {"rest": {"id": "a"}}}),
         [{"audio": {"data": "AA", "id": "a"}}], None),
        (Media(kind="image", url="u", ext={"chat": {"images": True, "rest": {"index": 0}}}),
         [{"images": [{"type": "image_url", "image_url": {"url": "u"}, "index": 0}]}], None),
        (Media(kind="video", url="u"), [], "dropped c.parts[0] (chat answers hold no video)"),
        (Opaque(dialect="chat", raw={"type": "x"}), [{"content": [{"type": "x"}]}], None),
        (Opaque(dialect="messages", raw={}), [],
         "dropped c.parts[0] (a block that only messages understands)"),
        (ToolResult(call_id="a"), [], "dropped c.parts[0] (chat answers hold no tool results)"),
    ],
)  # fmt: skip
def test_blocks_that_come_whole(block: Part, deltas: Any, note: str | None) -> None:
    writer, receipt = _writer()

    assert writer.open(0, block) + writer.say(0, "x") + writer.end(0) == deltas
    assert [str(n) for n in receipt.notes] == ([note] if note else [])


@pytest.mark.parametrize(
    ("opening", "restated", "deltas"),
    [
        (Text(text=""), Text(text="a"), [{"content": "a"}]),
        (Thinking(), Thinking(text="a"), [{"reasoning_content": "a"}]),
        (Text(text=""), Media(kind="image"), []),
    ],
)
def test_a_block_that_only_its_end_tells_is_told_then(
    opening: Part, restated: Part, deltas: Any
) -> None:
    writer, _ = _writer()
    writer.open(0, opening)

    assert writer.end(0, restated) == deltas


def test_a_call_that_only_its_end_tells_gets_its_arguments_then() -> None:
    writer, _ = _writer()
    writer.open(0, ToolCall(id="a", name="f"))

    told: Any = writer.end(0, ToolCall(id="a", name="f", arguments='{"x":1}'))

    assert [d["tool_calls"][0]["function"]["arguments"] for d in told] == ['{"x":1}']


def test_what_was_told_is_not_told_again_in_the_end() -> None:
    writer, _ = _writer()
    writer.open(0, Text(text="a"))

    assert writer.end(0, Text(text="a")) == []


def test_blocks_that_are_not_open_are_ignored() -> None:
    writer, _ = _writer()
    writer.open(0, Text(text=""))
    seal = Seal(dialect="gemini", kind="thought", data="s")
    writer.cite(9, Citation(url="u"))

    assert (writer.say(9, "x"), writer.seal(9, seal), writer.segment(9), writer.end(9)) == (
        [], [], [], [],
    )  # fmt: skip
    assert (writer.seal(0, seal), writer.segment(0)) == ([], [])


def test_all_that_is_open_can_be_ended_at_once() -> None:
    writer, _ = _writer()
    writer.open(0, Text(text="", citations=(Citation(url="u"),)))
    writer.open(1, ToolCall(id="a", name="f"))

    assert [list(delta) for delta in writer.end_all()] == [["annotations"], ["tool_calls"]]
    assert writer.end_all() == []
