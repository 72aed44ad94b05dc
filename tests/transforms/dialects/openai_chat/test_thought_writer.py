"""A streamed thought is told as it comes, and its seal when it is known."""

from __future__ import annotations

from typing import Any

from plexus.transforms.dialects.openai_chat.thought_writer import ThoughtWriter
from plexus.transforms.ir import Seal, Thinking

SIGNED = Seal(dialect="messages", kind="signature", data="s")


def test_a_foreign_thought_is_told_in_reasoning_content_and_sealed_whole() -> None:
    writer = ThoughtWriter(Thinking(), 1)

    told = [*writer.say("a"), *writer.say("b")]
    writer.seal = SIGNED

    assert told == [{"reasoning_content": "a"}, {"reasoning_content": "b"}]
    assert writer.end() == [
        {
            "reasoning_details": [
                {
                    "type": "reasoning.text",
                    "text": "ab",
                    "signature": "s",
                    "format": "anthropic-claude-v1",
                    "index": 1,
                }
            ]
        }
    ]


def test_an_unsealed_thought_ends_in_silence() -> None:
    writer = ThoughtWriter(Thinking(), 0)
    writer.say("a")

    assert writer.end() == []


def test_segments_are_paragraphs_and_separate_summaries_in_the_end() -> None:
    writer = ThoughtWriter(Thinking(segments=("",)), 0)

    told = [*writer.say("a"), *writer.segment(), *writer.say("b")]
    writer.seal = Seal(dialect="responses", kind="encrypted", data="e", id="rs")
    details: Any = writer.end()[0]["reasoning_details"]

    assert [delta["reasoning_content"] for delta in told] == ["a", "\n\n", "b"]
    assert [detail.get("summary") for detail in details] == ["a", "b", None]


def test_a_first_segment_needs_no_paragraph_before_it() -> None:
    assert ThoughtWriter(Thinking(segments=("",)), 0).segment() == []


def test_a_chat_providers_thought_is_told_in_its_own_fields() -> None:
    bones: Any = [{"at": 0, "rest": {"type": "reasoning.text", "format": "f", "index": 0}}]
    block = Thinking(ext={"chat": {"field": "reasoning", "details": bones}})
    writer = ThoughtWriter(block, 0)

    told = writer.say("a")
    writer.seal = Seal(dialect="chat", kind="signature", data="s")

    common = {"type": "reasoning.text", "format": "f", "index": 0}
    assert told == [{"reasoning": "a", "reasoning_details": [{**common, "text": "a"}]}]
    assert writer.end() == [{"reasoning_details": [{**common, "signature": "s"}]}]


def test_details_without_a_text_field_stay_without_one() -> None:
    bones: Any = [{"at": 0, "rest": {"type": "reasoning.summary", "index": 4}}]
    writer = ThoughtWriter(Thinking(segments=("",), ext={"chat": {"details": bones}}), 0)

    told = [*writer.say("a"), *writer.segment(), *writer.say("b")]

    assert told == [
        {"reasoning_details": [{"type": "reasoning.summary", "index": 4, "summary": "a"}]},
        {"reasoning_details": [{"type": "reasoning.summary", "index": 5, "summary": "b"}]},
    ]
