"""A field is taken if it has the expected type; all else stays to be written back."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.dialects.openai_chat import fields
from plexus.transforms.ir import CacheMark


@pytest.mark.parametrize(
    ("take", "value", "taken"),
    [
        (fields.take_text, "x", "x"),
        (fields.take_bool, False, False),
        (fields.take_number, 0.5, 0.5),
        (fields.take_int, 1024.0, 1024),
        (fields.take_object, {"a": 1}, {"a": 1}),
        (fields.take_objects, [{"a": 1}], [{"a": 1}]),
    ],
)
def test_a_value_of_the_right_type_is_taken(take: Any, value: Any, taken: Any) -> None:
    left = {"k": value, "other": 1}

    assert take(left, "k") == taken
    assert left == {"other": 1}


@pytest.mark.parametrize(
    ("take", "value", "nothing"),
    [
        (fields.take_text, "", None),
        (fields.take_text, 1, None),
        (fields.take_bool, "true", None),
        (fields.take_number, True, None),
        (fields.take_number, "0.5", None),
        (fields.take_int, 1.5, None),
        (fields.take_int, False, None),
        (fields.take_object, [], None),
        (fields.take_objects, [], []),
        (fields.take_objects, [{"a": 1}, 2], []),
        (fields.take_objects, {"a": 1}, []),
    ],
)
def test_anything_else_stays_where_it_is(take: Any, value: Any, nothing: Any) -> None:
    left = {"k": value}

    assert take(left, "k") == nothing
    assert left == {"k": value}


def test_cache_control_is_taken_and_openais_breakpoint_is_only_read() -> None:
    openrouter: Any = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    openai: Any = {"prompt_cache_breakpoint": {"mode": "explicit", "ttl": "24h"}}
    strange: Any = {"cache_control": {"type": "ephemeral", "scope": "global"}}

    assert fields.take_cache(openrouter) == CacheMark(ttl="1h")
    assert fields.take_cache(openai) == CacheMark(ttl="24h")
    assert fields.take_cache(strange) is None
    assert (openrouter, len(openai), len(strange)) == ({}, 1, 1)


def test_a_mark_is_written_with_its_lifetime_if_it_has_one() -> None:
    assert fields.cache_control(CacheMark()) == {"type": "ephemeral"}
    assert fields.cache_control(CacheMark(ttl="1h")) == {"type": "ephemeral", "ttl": "1h"}


def test_what_is_known_outranks_what_was_left() -> None:
    assert fields.overlay({"a": 1}, {"a": 2, "b": 3}) == {"a": 1, "b": 3}


def test_an_ext_tells_our_fields_from_our_markers() -> None:
    ext = fields.keep({"x": 1}, legacy=True)

    assert (fields.rest(ext), fields.marker(ext, "legacy"), fields.is_own(ext)) == (
        {"x": 1},
        True,
        True,
    )
    assert (fields.rest({}), fields.marker({}, "legacy"), fields.is_own({})) == ({}, None, False)
    assert fields.own({"chat": {"a": 1}, "gemini": {"b": 2}}) == {"a": 1}
