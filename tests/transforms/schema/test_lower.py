"""Gemini's schema language as JSON Schema."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.transforms.schema import lowercase_types
from plexus.transforms.wire import Json, JsonObject
from tests.strategies import json_values


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "OBJECT"}, {"type": "object"}),
        (
            {"type": 6, "properties": {"a": {"type": 1}}},
            {"type": "object", "properties": {"a": {"type": "string"}}},
        ),
        ({"type": ["STRING", "NULL"]}, {"type": ["string", "null"]}),
        ({"type": "STRING", "nullable": True}, {"type": ["string", "null"]}),
        (
            {"type": "STRING", "nullable": True, "enum": ["a"]},
            {"type": ["string", "null"], "enum": ["a", None]},
        ),
        ({"type": "STRING", "nullable": False}, {"type": "string"}),
        ({"nullable": True}, {}),
        (
            {"anyOf": [{"type": "STRING"}], "nullable": True},
            {"anyOf": [{"type": "string"}, {"type": "null"}]},
        ),
        ({"any_of": [{"type": "STRING"}]}, {"anyOf": [{"type": "string"}]}),
        (
            {"type": "ARRAY", "minItems": "2", "max_items": "3"},
            {"type": "array", "minItems": 2, "maxItems": 3},
        ),
        ({"type": "STRING", "example": "x"}, {"type": "string", "examples": ["x"]}),
        ({"type": "STRING", "format": "enum", "enum": ["a"]}, {"type": "string", "enum": ["a"]}),
        ({"type": "STRING", "minLength": 2}, {"type": "string", "minLength": 2}),
        ({"type": 99}, {"type": 99}),
        ({"type": True}, {"type": True}),
        ({"type": {"a": 1}}, {"type": {"a": 1}}),
    ],
)
def test_a_word_of_geminis_has_its_json_schema_word(
    schema: JsonObject, expected: JsonObject
) -> None:
    assert lowercase_types(schema) == expected


def test_the_order_of_properties_is_their_order() -> None:
    schema: JsonObject = {
        "properties": {"a": {}, "b": {}, "c": {}},
        "propertyOrdering": ["c", "a", "unknown"],
    }
    found = lowercase_types(schema)
    assert isinstance(found, dict)
    assert found == {"properties": {"a": {}, "b": {}, "c": {}}}
    properties = found["properties"]
    assert isinstance(properties, dict)
    assert list(properties) == ["c", "a", "b"]


def test_an_order_of_nothing_goes() -> None:
    assert lowercase_types({"propertyOrdering": ["a"]}) == {}
    assert lowercase_types({"propertyOrdering": 7}) == {"propertyOrdering": 7}


def test_names_of_properties_are_no_keywords() -> None:
    schema: JsonObject = {
        "properties": {"type": {"type": "STRING"}, "nullable": {"type": "STRING"}}
    }
    assert lowercase_types(schema) == {
        "properties": {"type": {"type": "string"}, "nullable": {"type": "string"}}
    }


def test_json_schema_stays_what_it_is() -> None:
    schema: JsonObject = {
        "$schema": "x",
        "type": "object",
        "properties": {"a": {"type": ["string", "null"], "examples": ["A"]}},
        "additionalProperties": False,
        "enum": ["UPPER"],
    }
    assert lowercase_types(schema) == schema


def test_a_schema_without_bottom_is_cut() -> None:
    schema: JsonObject = {"type": "STRING"}
    for _ in range(500):
        schema = {"items": schema}
    assert "STRING" not in str(lowercase_types(schema))


@given(json_values())
def test_any_value_is_taken_and_left_as_it_was(schema: Json) -> None:
    before = str(schema)
    lowercase_types(schema)
    assert str(schema) == before


LEAVES = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["string", "STRING", "String", 1, ["string", "null"], "1"]),
        "nullable": st.booleans(),
        "enum": st.just(["a"]),
        "description": st.just("d"),
        "properties": st.just({}) | st.just(7),
    },
)
SCHEMAS: st.SearchStrategy[JsonObject] = st.recursive(
    LEAVES,
    lambda inner: st.fixed_dictionaries(
        {"type": st.sampled_from(["object", "array", "OBJECT"])},
        optional={
            "properties": st.dictionaries(st.sampled_from("abc"), inner | st.just(True)),
            "items": inner | st.lists(inner, max_size=2),
            "required": st.just(["a"]),
            "anyOf": st.lists(inner, max_size=2),
        },
    ),
    max_leaves=6,
)


@given(SCHEMAS)
def test_what_is_json_schema_already_is_given_back_as_reading_it_through_would(
    schema: JsonObject,
) -> None:
    # A keyword that nobody knows makes every part of the schema be looked at and written anew.
    whole = lowercase_types({**schema, "x-unknown": 1})
    assert isinstance(whole, dict)
    del whole["x-unknown"]
    assert lowercase_types(schema) == whole
