"""The receipt keeps what was lost, in order and once."""

from __future__ import annotations

import pytest

from plexus.transforms.codec import (
    Encoded,
    Head,
    Match,
    Note,
    Operation,
    Receipt,
    Traits,
    as_json_object,
)
from plexus.transforms.wire import Json


def test_a_new_receipt_is_empty() -> None:
    assert Receipt().notes == ()


def test_a_receipt_keeps_order_and_drops_repetitions() -> None:
    receipt = Receipt()
    receipt.dropped("sampling.seed")
    receipt.coerced("sampling.temperature", "1.5 to 1")
    receipt.dropped("sampling.seed")
    receipt.invented("max_output", "4096")
    receipt.dropped("sampling.seed", "for another reason")
    assert receipt.notes == (
        Note(path="sampling.seed", action="dropped"),
        Note(path="sampling.temperature", action="coerced", detail="1.5 to 1"),
        Note(path="max_output", action="invented", detail="4096"),
        Note(path="sampling.seed", action="dropped", detail="for another reason"),
    )


@pytest.mark.parametrize(
    ("note", "text"),
    [
        (Note(path="tools[0]", action="dropped"), "dropped tools[0]"),
        (Note(path="n", action="coerced", detail="4 to 1"), "coerced n (4 to 1)"),
    ],
)
def test_a_note_reads_as_a_line(note: Note, text: str) -> None:
    assert str(note) == text


@pytest.mark.parametrize(
    "path", ["sampling.seed", "messages[3].parts[0]", "messages[3].parts[0].seal", "conversation"]
)
def test_what_is_dropped_of_a_conversation_is_lost(path: str) -> None:
    assert Note(path=path, action="dropped").is_loss
    assert not Note(path=path, action="coerced").is_loss
    assert not Note(path=path, action="invented").is_loss


@pytest.mark.parametrize(
    "path", ["store", "include", "metadata", "user", "cache_key", "messages[3].parts[0].cache"]
)
def test_how_a_call_is_kept_and_billed_is_no_part_of_its_conversation(path: str) -> None:
    assert not Note(path=path, action="dropped").is_loss


def test_a_match_leaves_open_what_only_the_body_tells() -> None:
    match = Match(Operation.CHAT)
    assert (match.model, match.stream, match.framing) == (None, None, "sse")


def test_values_of_the_seam_compare_by_content() -> None:
    assert Head("POST", "/v1/messages", "", {"a": "b"}) == Head(
        "POST", "/v1/messages", "", {"a": "b"}
    )
    assert Encoded(path="/x", body={"a": 1}) == Encoded(path="/x", body={"a": 1}, headers={})
    assert Traits() == Traits(official=False)


@pytest.mark.parametrize(
    ("value", "expected"), [({"a": 1}, {"a": 1}), ([], {}), (None, {}), ("x", {}), (1, {})]
)
def test_what_is_no_object_counts_as_an_empty_one(value: Json, expected: Json) -> None:
    assert as_json_object(value) == expected
