"""Thoughts are read from every field that servers tell them in, and go back the same way."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.dialects.openai_chat.reasoning import (
    decode_thoughts,
    encode_for_client,
    encode_for_provider,
)
from plexus.transforms.ir import Seal, Thinking
from tests.transforms.dialects.openai_chat.making import OFFICIAL

SIGNED = Seal(dialect="messages", kind="signature", data="s")


def _read(message: Any, *call_ids: str) -> list[tuple[str, Seal | None]]:
    return [(block.text, block.seal) for block in decode_thoughts(message, call_ids).blocks]


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "reasoning_text"])
def test_a_text_field_is_one_thought(field: str) -> None:
    message: Any = {field: "because", "content": "x"}

    assert _read(message) == [("because", None)]
    assert message == {"content": "x"}


def test_empty_and_strange_fields_are_no_thoughts() -> None:
    message: Any = {"reasoning_content": "", "reasoning": None, "reasoning_details": []}

    assert _read(dict(message)) == []


def test_details_outrank_the_text_that_repeats_them() -> None:
    message: Any = {
        "reasoning": "because",
        "reasoning_details": [
            {"type": "reasoning.text", "text": "because", "signature": "s",
             "format": "anthropic-claude-v1", "index": 0}
        ],
    }  # fmt: skip

    assert _read(message) == [("because", SIGNED)]
    assert message == {"reasoning": "because"}


def test_an_encrypted_detail_beside_a_text_keeps_both() -> None:
    message: Any = {
        "reasoning": "because",
        "reasoning_details": [{"type": "reasoning.encrypted", "data": "d", "format": "x"}],
    }

    assert _read(message) == [
        ("because", None),
        ("", Seal(dialect="chat", kind="encrypted", data="d")),
    ]


def test_each_signed_text_is_a_thought_of_its_own_and_redacted_ones_stand_alone() -> None:
    common = {"format": "anthropic-claude-v1"}
    message: Any = {
        "reasoning_details": [
            {"type": "reasoning.text", "text": "a", "signature": "s", **common},
            {"type": "reasoning.text", "text": "b", **common},
            {"type": "reasoning.encrypted", "data": "d", **common},
        ]
    }

    assert _read(message) == [
        ("a", SIGNED),
        ("b", None),
        ("", Seal(dialect="messages", kind="redacted", data="d")),
    ]


def test_summaries_and_the_state_behind_them_are_one_thought() -> None:
    common = {"format": "openai-responses-v1"}
    message: Any = {
        "reasoning_details": [
            {"type": "reasoning.encrypted", "data": "d0", "id": "rs_0", **common},
            {"type": "reasoning.summary", "summary": "a", **common},
            {"type": "reasoning.summary", "summary": "b", **common},
            {"type": "reasoning.encrypted", "data": "d1", "id": "rs_1", **common},
        ]
    }

    blocks = decode_thoughts(message, ()).blocks

    assert [(b.text, b.segments, b.seal.id if b.seal else None) for b in blocks] == [
        ("", (), "rs_0"),
        ("a\n\nb", ("a", "b"), "rs_1"),
    ]


def test_another_id_is_another_thought() -> None:
    message: Any = {
        "reasoning_details": [
            {"type": "reasoning.summary", "summary": "a", "id": "rs_0", "format": "f"},
            {"type": "reasoning.encrypted", "data": "d", "id": "rs_1", "format": "f"},
        ]
    }

    assert _read(message) == [
        ("a", None),
        ("", Seal(dialect="chat", kind="encrypted", data="d", id="rs_1")),
    ]


def test_a_gemini_seal_named_after_a_call_belongs_to_it() -> None:
    detail: Any = {"type": "reasoning.encrypted", "data": "d", "format": "google-gemini-v1",
                   "id": "t1"}  # fmt: skip
    thoughts = decode_thoughts({"reasoning_details": [detail]}, ("t1",))

    assert thoughts.blocks == []
    assert thoughts.of_calls["t1"][0] == Seal(dialect="gemini", kind="thought", data="d")


def test_a_client_reads_foreign_thoughts_in_reasoning_content_and_details() -> None:
    written = encode_for_client([Thinking(text="a"), Thinking(text="b", seal=SIGNED)], [])

    assert written == {
        "reasoning_content": "a\n\nb",
        "reasoning_details": [
            {"type": "reasoning.text", "text": "b", "signature": "s",
             "format": "anthropic-claude-v1", "index": 1}
        ],
    }  # fmt: skip


def test_a_client_reads_a_chat_providers_thought_under_that_providers_name() -> None:
    block = Thinking(text="a", ext={"chat": {"field": "reasoning"}})

    assert encode_for_client([block], []) == {"reasoning": "a"}


@pytest.mark.parametrize(
    "message",
    [
        {"reasoning_content": "because"},
        {"reasoning": "because"},
        {
            "reasoning_details": [
                {"type": "reasoning.summary", "summary": "a", "format": "f", "index": 0},
                {"type": "reasoning.encrypted", "data": "d", "id": "r", "format": "f", "index": 1},
                {"type": "reasoning.text", "text": "b", "format": "unknown", "index": 2},
                {"type": "reasoning.new", "x": 1},
            ]
        },
    ],
)
def test_what_a_chat_client_sends_goes_to_a_chat_provider_unchanged(message: Any) -> None:
    blocks = [("p", block) for block in decode_thoughts(dict(message), ()).blocks]

    assert encode_for_provider(blocks, [], Traits(), Receipt()) == message


def test_a_provider_that_names_its_field_gets_the_thoughts_there() -> None:
    receipt = Receipt()
    blocks = [
        ("p0", Thinking(text="a", seal=SIGNED)),
        ("p1", Thinking(text="b", ext={"chat": {"field": "reasoning"}})),
    ]
    traits = Traits(reasoning_field="reasoning_content")

    assert encode_for_provider(blocks, [], traits, receipt) == {"reasoning_content": "a\n\nb"}
    assert [str(note) for note in receipt.notes] == [
        "dropped p0.seal (only messages providers can read it)"
    ]


def test_a_provider_without_such_a_field_gets_no_foreign_thoughts() -> None:
    receipt = Receipt()

    assert encode_for_provider([("p", Thinking(text="a"))], [], Traits(), receipt) == {}
    assert [str(note) for note in receipt.notes] == [
        "dropped p (this provider takes no reasoning back)"
    ]


def test_openai_gets_no_thoughts_at_all() -> None:
    receipt = Receipt()
    block = Thinking(text="a", ext={"chat": {"field": "reasoning"}})

    assert encode_for_provider([("p", block)], [], OFFICIAL, receipt) == {}
    assert len(receipt.notes) == 1
