"""Reasoning state of other vendors crosses chat bodies byte for byte."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.dialects.openai_chat.seals import (
    client_details,
    google_content,
    google_seal,
    own_details,
    restored,
    seal_of,
    sealed_piece,
    skeleton,
    told_piece,
    words_of,
)
from plexus.transforms.ir import Seal, Thinking


@pytest.mark.parametrize(
    ("detail", "seal"),
    [
        (
            {"type": "reasoning.text", "signature": "s", "format": "anthropic-claude-v1"},
            Seal(dialect="messages", kind="signature", data="s"),
        ),
        (
            {"type": "reasoning.encrypted", "data": "d", "format": "anthropic-claude-v1"},
            Seal(dialect="messages", kind="redacted", data="d"),
        ),
        (
            {"type": "reasoning.encrypted", "data": "d", "format": "google-gemini-v1", "id": "t1"},
            Seal(dialect="gemini", kind="thought", data="d"),
        ),
        (
            {"type": "reasoning.text", "signature": "s", "format": "google-gemini-v1"},
            Seal(dialect="gemini", kind="thought", data="s"),
        ),
        (
            {"type": "reasoning.encrypted", "data": "d", "format": "openai-responses-v1",
             "id": "rs_1"},
            Seal(dialect="responses", kind="encrypted", data="d", id="rs_1"),
        ),
        (
            {"type": "reasoning.encrypted", "data": "d", "format": "xai-responses-v1"},
            Seal(dialect="chat", kind="encrypted", data="d"),
        ),
        ({"type": "reasoning.text", "text": "t", "signature": None}, None),
        ({"type": "reasoning.encrypted", "data": ""}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_a_detail_names_the_family_of_its_seal(detail: Any, seal: Seal | None) -> None:
    assert seal_of(detail) == seal


@pytest.mark.parametrize(
    "detail",
    [
        {"type": "reasoning.text", "text": "t", "signature": "s", "format": "x", "index": 0},
        {"type": "reasoning.text", "text": "", "signature": None, "index": 0},
        {"type": "reasoning.summary", "summary": "t", "id": None},
        {"type": "reasoning.encrypted", "data": "d", "id": "a"},
        {"type": "something.new", "text": "t", "signature": "s"},
    ],
)
def test_a_skeleton_and_what_was_taken_give_the_detail_back(detail: Any) -> None:
    assert restored(skeleton(detail), words_of(detail), seal_of(detail)) == detail


def test_an_anthropic_thought_is_one_signed_detail() -> None:
    seal = Seal(dialect="messages", kind="signature", data="s")

    assert client_details(Thinking(text="t", seal=seal), 2) == [
        {
            "type": "reasoning.text",
            "text": "t",
            "signature": "s",
            "format": "anthropic-claude-v1",
            "index": 2,
        }
    ]


def test_a_signature_without_words_keeps_an_empty_text() -> None:
    seal = Seal(dialect="messages", kind="signature", data="s")

    assert client_details(Thinking(seal=seal), 0)[0]["text"] == ""


def test_a_redacted_thought_is_one_encrypted_detail() -> None:
    seal = Seal(dialect="messages", kind="redacted", data="d")

    assert client_details(Thinking(seal=seal), 0) == [
        {"type": "reasoning.encrypted", "data": "d", "format": "anthropic-claude-v1", "index": 0}
    ]


def test_a_responses_thought_is_its_summaries_and_its_state_under_one_id() -> None:
    seal = Seal(dialect="responses", kind="encrypted", data="d", id="rs_1")
    thinking = Thinking(text="a\n\nb", segments=("a", "b"), seal=seal)
    common = {"id": "rs_1", "format": "openai-responses-v1", "index": 0}

    assert client_details(thinking, 0) == [
        {"type": "reasoning.summary", "summary": "a", **common},
        {"type": "reasoning.summary", "summary": "b", **common},
        {"type": "reasoning.encrypted", "data": "d", **common},
    ]


def test_an_unsealed_thought_needs_no_details() -> None:
    assert client_details(Thinking(text="t"), 0) == []


def test_the_details_a_thought_was_read_from_come_back_in_their_places() -> None:
    bones = [
        {"at": 1, "rest": {"type": "reasoning.summary", "index": 1}},
        {"at": 2, "rest": {"type": "reasoning.encrypted", "index": 2}},
    ]
    thinking = Thinking(
        text="t",
        segments=("t",),
        seal=Seal(dialect="chat", kind="encrypted", data="d"),
        ext={"chat": {"details": bones}},  # type: ignore[dict-item]  # plain JSON
    )

    assert own_details(thinking) == [
        (1, {"type": "reasoning.summary", "index": 1, "summary": "t"}),
        (2, {"type": "reasoning.encrypted", "index": 2, "data": "d"}),
    ]


def test_a_seal_that_came_later_gets_a_detail_of_its_own() -> None:
    bones: Any = [{"at": 0, "rest": {"type": "reasoning.summary", "format": "f", "index": 0}}]
    seal = Seal(dialect="chat", kind="encrypted", data="d", id="rs_1")
    thinking = Thinking(text="t", seal=seal, ext={"chat": {"details": bones}})

    assert own_details(thinking)[1] == (
        1,
        {"type": "reasoning.encrypted", "data": "d", "id": "rs_1", "format": "f", "index": 0},
    )


def test_a_foreign_thought_has_no_details_of_its_own() -> None:
    assert own_details(Thinking(text="t", ext={"messages": {}})) == []


def test_pieces_of_a_streamed_thought_count_its_segments() -> None:
    bones: Any = [{"type": "reasoning.summary", "index": 3}]

    assert told_piece(bones, 0, "a") == {"type": "reasoning.summary", "index": 3, "summary": "a"}
    assert told_piece(bones, 2, "b") == {"type": "reasoning.summary", "index": 5, "summary": "b"}


def test_the_seal_of_a_streamed_thought_is_told_in_its_familys_way() -> None:
    bones: Any = [{"type": "reasoning.text", "format": "anthropic-claude-v1", "index": 0}]
    signature = Seal(dialect="messages", kind="signature", data="s")

    assert sealed_piece(bones, signature) == {**bones[0], "signature": "s"}


def test_googles_extra_content_is_read_and_written() -> None:
    seal = Seal(dialect="gemini", kind="thought", data="s")
    content = {"google": {"thought_signature": "s"}}

    assert google_content(seal) == content
    assert google_seal({"extra_content": content}) == seal


@pytest.mark.parametrize(
    "extra", [None, {}, {"google": None}, {"google": {"thought_signature": ""}}, {"google": 1}]
)
def test_extra_content_without_a_signature_seals_nothing(extra: Any) -> None:
    assert google_seal({"extra_content": extra}) is None


def test_a_detail_of_no_type_that_anyone_knows_is_kept_as_it_is() -> None:
    bones: list[Any] = [{"type": ["reasoning.text"], "text": "t"}]
    thinking = Thinking(ext={"chat": {"details": [{"at": 0, "rest": bones[0]}]}})

    assert own_details(thinking) == [(0, bones[0])]
    assert told_piece(bones, 0, "more") == bones[0]
