"""Ids: derived, short, and those that are right already untouched."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.transforms.dialects.openai_responses.ids import (
    call_id,
    is_minted,
    item_id,
    response_id,
    tool_name,
)

SAFE = re.compile(r"[A-Za-z0-9_-]{1,40}")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("resp_" + "a" * 60, "resp_" + "a" * 60),
        ("chatcmpl-1", "resp_chatcmpl-1"),
        ("", "resp_0"),
    ],
)
def test_a_response_id_begins_with_resp(raw: str, expected: str) -> None:
    assert response_id(raw) == expected


@given(st.text(min_size=1, max_size=80))
def test_a_made_response_id_is_safe_and_the_same_each_time(raw: str) -> None:
    made = response_id(raw)
    assert made == response_id(raw)
    assert raw.startswith("resp_") or SAFE.fullmatch(made)


def test_two_long_response_ids_do_not_meet() -> None:
    assert response_id("x" * 50 + "1") != response_id("x" * 50 + "2")


@given(st.text(max_size=80), st.integers(0, 9999))
def test_an_item_id_is_safe_and_known_as_made_here(response: str, ordinal: int) -> None:
    made = item_id("msg", response, ordinal)
    assert SAFE.fullmatch(made)
    assert is_minted(made)


def test_openais_own_item_ids_are_not_taken_for_ours() -> None:
    assert not is_minted("rs_06c839edbdd88254016a3c11a93e1481908acf9bbba9834b75")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("call_1", "call_1"),
        ("functions.get:0", "functions.get:0"),
        ("call_1|fc_" + "0" * 60, "call_1"),
        ("call_1|fc_2", "call_1|fc_2"),
    ],
)
def test_a_call_id_stays_unless_it_is_too_long(raw: str, expected: str) -> None:
    assert call_id(raw) == expected


@given(st.text(max_size=100))
def test_a_call_id_is_short_stable_and_made_only_once(raw: str) -> None:
    made = call_id(raw)
    assert 1 <= len(made) <= 64
    assert call_id(made) == made


@given(st.text(max_size=100))
def test_a_tool_name_is_one_that_openai_takes(raw: str) -> None:
    made = tool_name(raw)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", made)
    assert tool_name(made) == made
