"""Streamed thoughts are joined from text fields and details without being told twice."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.events import Segmented
from plexus.transforms.ir import Seal, Text, Thinking
from tests.transforms.dialects.openai_chat.making import chunk, events_of, stream, streamed

ANTHROPIC = "anthropic-claude-v1"
SIGNED = Seal(dialect="messages", kind="signature", data="s")


def _told(*deltas: Any) -> list[Any]:
    response = streamed(*(chunk(delta) for delta in deltas), chunk({}, "stop"))
    return [
        (part.text, part.seal) if isinstance(part, Thinking) else getattr(part, "text", None)
        for part in response.parts
    ]


def _detail(kind: str = "text", format_: str = "unknown", index: int = 0, **fields: Any) -> Any:
    return {"type": f"reasoning.{kind}", "format": format_, "index": index, **fields}


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "reasoning_text"])
def test_a_text_field_is_joined(field: str) -> None:
    assert _told({field: "a", "content": ""}, {field: "b", "content": None}, {"content": "x"}) == [
        ("ab", None), "x",
    ]  # fmt: skip


def test_nulls_and_empty_fields_are_no_thoughts() -> None:
    assert _told({"reasoning": None, "reasoning_content": "", "reasoning_details": [],
                  "content": "x"}) == ["x"]  # fmt: skip


def test_a_field_and_the_details_that_repeat_it_are_told_once() -> None:
    assert _told(
        {"reasoning": "a", "reasoning_details": [_detail(text="a", format_=ANTHROPIC)]},
        {"reasoning": "b", "reasoning_details": [_detail(text="b", format_=ANTHROPIC)]},
        {"reasoning_details": [_detail(signature="s", format_=ANTHROPIC)]},
        {"content": "x"},
    ) == [("ab", SIGNED), "x"]


def test_details_alone_are_a_thought() -> None:
    assert _told(
        {"reasoning_details": [_detail(text="a")]}, {"reasoning_details": [_detail(text="b")]}
    ) == [("ab", None)]


def test_details_that_restate_a_told_thought_only_seal_it() -> None:
    restated = _detail(text="ab", signature="s", format_=ANTHROPIC)

    assert _told(
        {"reasoning_content": "a"}, {"reasoning_content": "b"}, {"reasoning_details": [restated]}
    ) == [("ab", SIGNED)]


def test_another_index_is_another_thought() -> None:
    assert _told(
        {"reasoning_details": [_detail(text="a", signature="s", format_=ANTHROPIC)]},
        {"reasoning_details": [_detail(text="b", format_=ANTHROPIC, index=1)]},
    ) == [("a", SIGNED), ("b", None)]


def test_a_redacted_thought_stands_alone() -> None:
    redacted = Seal(dialect="messages", kind="redacted", data="d")

    assert _told(
        {"reasoning_details": [_detail(text="a", format_=ANTHROPIC)]},
        {"reasoning_details": [_detail("encrypted", ANTHROPIC, data="d")]},
    ) == [("a", None), ("", redacted)]


def test_summaries_are_segments_and_the_state_seals_them() -> None:
    events = events_of(
        stream(
            chunk({"reasoning_details": [_detail("summary", "f", summary="a")]}),
            chunk({"reasoning_details": [_detail("summary", "f", index=1, summary="b")]}),
            chunk({"reasoning_details": [_detail("encrypted", "f", index=2, data="d", id="rs")]}),
            chunk({}, "stop"),
        )
    )
    response = streamed(
        chunk({"reasoning_details": [_detail("summary", "f", summary="a")]}),
        chunk({"reasoning_details": [_detail("summary", "f", index=1, summary="b")]}),
        chunk({"reasoning_details": [_detail("encrypted", "f", index=2, data="d", id="rs")]}),
        chunk({}, "stop"),
    )

    (thought,) = response.parts
    assert Segmented(0) in events
    assert isinstance(thought, Thinking)
    assert (thought.segments, thought.text) == (("a", "b"), "a\n\nb")
    assert thought.seal == Seal(dialect="chat", kind="encrypted", data="d", id="rs")


def test_a_seal_without_words_is_a_thought_of_its_own() -> None:
    assert _told(
        {"content": "x"}, {"content": "", "reasoning_details": [_detail("encrypted", data="d")]}
    ) == ["x", ("", Seal(dialect="chat", kind="encrypted", data="d"))]


def test_a_gemini_seal_whose_call_never_comes_is_not_lost() -> None:
    detail = _detail("encrypted", "google-gemini-v1", data="d", id="t1")

    assert _told({"reasoning_details": [detail]}, {"content": "x"}) == [
        "x",
        ("", Seal(dialect="gemini", kind="thought", data="d")),
    ]


def test_a_detail_that_says_nothing_changes_nothing() -> None:
    assert _told({"content": "a", "reasoning_details": [_detail(text="")]}, {"content": "b"}) == [
        "ab"
    ]


def test_a_thought_after_the_text_is_a_new_one() -> None:
    response = streamed(
        chunk({"reasoning": "a"}), chunk({"content": "x"}), chunk({"reasoning": "b"}),
        chunk({"content": "y"}), chunk({}, "stop"),
    )  # fmt: skip

    assert [type(part) for part in response.parts] == [Thinking, Text, Thinking, Text]


def test_mistrals_thoughts_in_the_content_are_thoughts() -> None:
    part = {"type": "thinking", "thinking": [{"type": "text", "text": "a"}]}
    empty = {"type": "thinking", "thinking": []}

    text = {"type": "text", "text": "x"}

    assert _told({"content": [part]}, {"content": [part, empty]}, {"content": [text]}) == [
        ("aa", None),
        "x",
    ]


def test_a_text_after_details_is_another_thought() -> None:
    assert _told({"reasoning_details": [_detail(text="a")]}, {"reasoning": "b"}) == [
        ("a", None),
        ("b", None),
    ]
