"""Arguments are text in the middle and an object on the wire."""

from __future__ import annotations

import pytest

from plexus.transforms.dialects.anthropic.arguments import as_object, as_text, input_of
from plexus.transforms.ir import ToolCall
from plexus.transforms.wire import Json, JsonObject


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": "ü"}, '{"b":1,"a":"ü"}'),
        ({"n": 12345678901234567890123}, '{"n":12345678901234567890123}'),
        ({}, "{}"),
        (None, "{}"),
        ("odd", '"odd"'),
    ],
)
def test_an_input_becomes_compact_text_in_its_order(value: Json, text: str) -> None:
    assert as_text(value) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"b": 1, "a": {"c": "}"}}', {"b": 1, "a": {"c": "}"}}),
        ('{"n":12345678901234567890123}', {"n": 12345678901234567890123}),
        ("", {}),
        (" \n", {}),
        ("null", {}),
        ("[1]", {"_raw": "[1]"}),
        ('"x"', {"_raw": '"x"'}),
        ('{"cut":', {"_raw": '{"cut":'}),
    ],
)
def test_text_becomes_an_object_whatever_it_is(text: str, value: JsonObject) -> None:
    assert as_object(text) == value


def test_free_text_of_a_custom_tool_is_wrapped() -> None:
    custom = ToolCall(id="1", name="exec", arguments='{"not": parsed', kind="custom")
    assert input_of(custom) == {"input": '{"not": parsed'}
    assert input_of(ToolCall(id="1", name="f", arguments='{"a":1}')) == {"a": 1}
