"""Ids and names are made acceptable, always in the same way."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.transforms.dialects.anthropic.identity import (
    as_ext,
    call_id,
    message_id,
    own,
    safe_id,
    safe_name,
)

SURROGATES = st.text(st.characters(), max_size=80) | st.just("\ud800")


@given(SURROGATES)
def test_any_id_becomes_one_that_anthropic_takes_and_stays_it(original: str) -> None:
    safe = safe_id(original)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", safe)
    assert safe_id(safe) == safe


@pytest.mark.parametrize("original", ["toolu_1", "call-2", "a" * 64])
def test_an_acceptable_id_is_left_alone(original: str) -> None:
    assert safe_id(original) == original


def test_ids_that_differ_in_what_is_replaced_stay_different() -> None:
    assert safe_id("functions.Bash:0") != safe_id("functions.Bash.0")
    assert safe_id("functions.Bash:0").startswith("functions_Bash_0_")


def test_the_hash_is_taken_over_utf_16() -> None:
    assert safe_id("functions.Bash:0") == "functions_Bash_0_509eb33e"
    assert safe_id("") == "tool_e3b0c442"


@given(st.text(max_size=200))
def test_any_tool_name_becomes_one_that_anthropic_takes(original: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,128}", safe_name(original))


def test_a_long_tool_name_of_current_models_is_left_alone() -> None:
    assert safe_name("m" * 128) == "m" * 128
    assert len(safe_name("m" * 129)) == 64


@pytest.mark.parametrize(
    ("original", "shown"),
    [("msg_1", "msg_1"), ("chatcmpl-1", "msg_chatcmpl-1"), ("ü" * 50, None), ("", None)],
)
def test_an_answers_id_looks_like_anthropics(original: str, shown: str | None) -> None:
    assert shown in (None, message_id(original))
    assert re.fullmatch(r"msg_[A-Za-z0-9_-]{1,36}", message_id(original))
    assert message_id(message_id(original)) == message_id(original)


def test_a_minted_call_id_depends_on_answer_and_place_only() -> None:
    assert call_id("a", 0) == call_id("a", 0)
    assert len({call_id("a", 0), call_id("a", 1), call_id("b", 0)}) == 3
    assert re.fullmatch(r"toolu_[0-9a-f]{24}", call_id("a", 0))


def test_no_fields_make_no_ext() -> None:
    assert as_ext({}) == {}
    assert own(as_ext({"a": 1})) == {"a": 1}
    assert own({"chat": {"a": 1}}) == {}
