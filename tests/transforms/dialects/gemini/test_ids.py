"""Ids and names that Gemini leaves out or refuses."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.transforms.dialects.gemini.ids import call_id, is_signature, legal_name, original_name

LEGAL = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}")


def test_edge_case_57_minted_ids_are_short_and_plain() -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,40}", call_id("r" * 500, 7, 123, "words"))


def test_a_minted_id_depends_on_response_candidate_and_ordinal() -> None:
    ids = {call_id(r, c, n) for r in ("a", "b") for c in (0, 1) for n in (0, 1)}
    assert len(ids) == 8
    assert call_id("a", 0, 0) == call_id("a", 0, 0)


def test_calls_of_answers_without_an_id_differ_by_their_words() -> None:
    assert call_id("", 0, 0, "f{}") != call_id("", 0, 0, "g{}")
    assert call_id("r", 0, 0, "f{}") == call_id("r", 0, 0, "g{}")


@pytest.mark.parametrize("name", ["get_weather", "_x", "ns.tool:a-b", "a" * 64])
def test_a_legal_name_stays(name: str) -> None:
    assert legal_name(name) == name


@given(st.text(max_size=100))
def test_every_name_becomes_legal_and_stays_so(name: str) -> None:
    legal = legal_name(name)
    assert LEGAL.fullmatch(legal)
    assert legal_name(legal) == legal


def test_names_that_would_meet_stay_apart() -> None:
    assert legal_name("a b") != legal_name("a?b")
    assert legal_name("x" * 65) != legal_name("x" * 66)


@pytest.mark.parametrize("name", ["2nd-tool", "über", "a b", "mcp__" + "long_" * 20, "-x"])
def test_a_changed_name_finds_its_tool_again(name: str) -> None:
    assert original_name(legal_name(name), [name, "other", "get"]) == name


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("get", ["get", "get_it"], "get"),
        ("unheard_of", ["get"], "unheard_of"),
        ("get_weather", ["get"], "get_weather"),  # an invented tool is not a known one
        ("ns__tool", ["ns.:tool"], "ns.:tool"),
        ("a_b", ["a.b", "a:b"], "a_b"),  # either might be meant
        ("anything", [], "anything"),
    ],
)
def test_only_one_likely_tool_is_taken_for_the_meant_one(
    name: str, known: list[str], expected: str
) -> None:
    assert original_name(name, known) == expected


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
