"""Ids and signatures that Gemini leaves out or refuses."""

from __future__ import annotations

import re

import pytest

from plexus.transforms.dialects.gemini.ids import call_id, is_signature


def test_edge_case_57_minted_ids_are_short_and_plain() -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,40}", call_id("r" * 500, 7, 123, "words"))


def test_a_minted_id_depends_on_response_candidate_and_ordinal() -> None:
    ids = {call_id(r, c, n) for r in ("a", "b") for c in (0, 1) for n in (0, 1)}
    assert len(ids) == 8
    assert call_id("a", 0, 0) == call_id("a", 0, 0)


def test_calls_of_answers_without_an_id_differ_by_their_words() -> None:
    assert call_id("", 0, 0, "f{}") != call_id("", 0, 0, "g{}")
    assert call_id("r", 0, 0, "f{}") == call_id("r", 0, 0, "g{}")


@pytest.mark.parametrize(
    ("data", "valid"),
    [
        ("AbC=", True),
        ("skip_thought_signature_validator", True),
        ("context_engineering_is_the_way_to_go", True),
        ("", False),
        ("abc", False),
        ("ab c", False),
        ("a===", False),
    ],
)
def test_a_signature_is_padded_base64(data: str, valid: bool) -> None:
    assert is_signature(data) is valid
