"""Tokens of the demo model."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.addons.upstream.embedded_tokens import count, split


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("Hello there", ("Hello", " there")),
        ("configuration", ("configur", "ation")),
        ("  a\n b ", ("  a", "\n b", " ")),
        ('{"city":"Oslo"}', ('{"city":', '"Oslo"}')),
    ],
)
def test_a_token_is_up_to_eight_characters_with_the_white_space_before_them(text, expected):
    assert split(text) == expected


@given(st.text())
def test_tokens_join_to_the_text_again(text):
    tokens = split(text)

    assert "".join(tokens) == text
    assert len(tokens) == count(text)
