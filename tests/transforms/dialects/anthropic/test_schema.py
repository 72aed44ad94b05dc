"""Schemas become what Anthropic takes, and lose nothing but form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.transforms.dialects.anthropic.schema import arguments_schema, strict_schema
from plexus.transforms.wire import Json, JsonObject
from tests.strategies import json_values

EMPTY: JsonObject = {"type": "object", "properties": {}}
A: JsonObject = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
B: JsonObject = {
    "type": "object",
    "properties": {"a": {"type": "string"}, "b": {"type": "number"}},
    "required": ["a", "b"],
}


@pytest.mark.parametrize(
    ("schema", "written", "changed"),
    [
        (None, EMPTY, False),
        ({}, EMPTY, False),
        (True, EMPTY, True),
        (A, A, False),
        ({"properties": {"a": {}}}, {"properties": {"a": {}}, "type": "object"}, False),
        ({"type": "string"}, {"type": "object"}, True),
        (
            {"anyOf": [A, B], "$defs": {"x": {}}},
            {
                "$defs": {"x": {}},
                "type": "object",
                "properties": B["properties"],
                "required": ["a"],
            },
            True,
        ),
        (
            {"type": "object", "allOf": [A, B]},
            {"type": "object", "properties": B["properties"], "required": ["a", "b"]},
            True,
        ),
        (
            {"oneOf": [{"type": "string"}], "properties": {"c": {}}, "required": ["c"]},
            {"properties": {"c": {}}, "required": ["c"], "type": "object"},
            True,
        ),
    ],
)
def test_a_tools_schema_becomes_an_object(schema: Json, written: JsonObject, changed: bool) -> None:
    assert arguments_schema(schema) == (written, changed)


def test_limits_that_a_grammar_cannot_hold_are_told_in_words() -> None:
    schema: JsonObject = {
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 1, "description": "who"},
            "age": {"type": "integer", "minimum": 0, "maximum": 150},
            "born": {"type": "string", "format": "date"},
            "mail": {"type": "string", "format": "idn-email"},
            "tags": {"type": "array", "minItems": 1, "items": {"type": "object", "properties": {}}},
            "more": {"type": "array", "minItems": 2},
        },
        "required": ["name"],
    }
    assert strict_schema(schema) == {
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "who (minLength: 1)"},
            "age": {"type": "integer", "description": "minimum: 0, maximum: 150"},
            "born": {"type": "string", "format": "date"},
            "mail": {"type": "string", "description": 'format: "idn-email"'},
            "tags": {
                "type": "array",
                "minItems": 1,
                "items": {"type": "object", "properties": {}, "additionalProperties": False},
            },
            "more": {"type": "array", "description": "minItems: 2"},
        },
        "required": ["name"],
        "additionalProperties": False,
    }


def test_alternatives_and_definitions_are_made_strict_too() -> None:
    schema: JsonObject = {"oneOf": [A, {"$ref": "#/$defs/B"}], "$defs": {"B": B}}
    strict = strict_schema(schema)
    closed: JsonObject = {"additionalProperties": False}
    assert strict == {
        "anyOf": [{**A, **closed}, {"$ref": "#/$defs/B"}],
        "$defs": {"B": {**B, **closed}},
    }


def test_a_property_may_be_called_like_a_limit() -> None:
    schema: JsonObject = {"type": "object", "properties": {"not": {"type": "string"}, "if": {}}}
    assert strict_schema(schema) == {**schema, "additionalProperties": False}


def test_a_strict_schema_is_a_new_one() -> None:
    schema: JsonObject = {"type": "object", "properties": {"a": {"minimum": 1}}}
    strict_schema(schema)
    assert schema == {"type": "object", "properties": {"a": {"minimum": 1}}}


KEYWORDS = st.sampled_from(
    [
        "type", "properties", "items", "anyOf", "oneOf", "allOf", "required", "format", "minItems",
        "description", "minimum", "not", "$defs", "prefixItems", "additionalProperties",
    ]
)  # fmt: skip
ODD_SCHEMAS = st.recursive(
    json_values(2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYWORDS, inner, max_size=4),
    max_leaves=8,
)


@given(ODD_SCHEMAS)
def test_no_schema_is_too_odd(schema: Json) -> None:
    written, _ = arguments_schema(schema)
    assert written["type"] == "object"
    strict_schema(schema)


def test_a_schema_may_be_deeper_than_anyone_reads() -> None:
    schema: JsonObject = {"type": "object"}
    for _ in range(900):
        schema = {"type": "object", "properties": {"a": schema}}
    strict = strict_schema(schema)
    assert isinstance(strict, dict)
    assert strict["additionalProperties"] is False
