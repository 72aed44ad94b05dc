"""JSON Schema in the subset that Gemini knows."""

from __future__ import annotations

import json

import pytest
from google.genai import types
from hypothesis import given
from hypothesis import strategies as st

from plexus.transforms import wire
from plexus.transforms.codec import Receipt
from plexus.transforms.schema import for_gemini
from plexus.transforms.wire import Json, JsonObject

WORDS = st.sampled_from(
    [
        "type", "properties", "items", "anyOf", "oneOf", "allOf", "enum", "const", "required",
        "nullable", "format", "$ref", "$defs", "prefixItems", "exclusiveMinimum", "not",
        "additionalProperties", "patternProperties", "uniqueItems", "examples", "title",
        "description", "pattern",
        "minimum", "default", "propertyOrdering",
    ]
)  # fmt: skip
LEAVES = (
    st.sampled_from(["string", "object", "array", "integer", "null", "STRING", "a", "#/$defs/a"])
    | st.integers(-3, 3)
    | st.booleans()
    | st.none()
)
SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=15,
)


def reduced(schema: Json) -> tuple[JsonObject, list[str]]:
    receipt = Receipt()
    found = for_gemini(schema, receipt, "s")
    return found, [f"{note.action} {note.path}" for note in receipt.notes]


@pytest.mark.parametrize(
    ("schema", "expected", "said"),
    [
        ({"type": "string", "minLength": 1}, {"type": "STRING", "minLength": 1}, []),
        ({"type": ["string", "null"]}, {"type": "STRING", "nullable": True}, []),
        ({"const": "a"}, {"type": "STRING", "enum": ["a"]}, []),
        ({"enum": ["a", "a", None]}, {"type": "STRING", "enum": ["a"], "nullable": True}, []),
        (
            {"enum": [1, 2], "description": "d"},
            {"type": "INTEGER", "description": "d (one of: 1, 2)"},
            ["coerced s.enum"],
        ),
        ({"const": True}, {"type": "BOOLEAN", "description": "(one of: true)"}, ["coerced s.enum"]),
        (
            {"enum": [1, 0.5]},
            {"type": "NUMBER", "description": "(one of: 1, 0.5)"},
            ["coerced s.enum"],
        ),
        ({"type": "integer", "exclusiveMinimum": 0}, {"type": "INTEGER", "minimum": 1}, []),
        ({"type": "integer", "exclusiveMaximum": 9}, {"type": "INTEGER", "maximum": 8}, []),
        (
            {"type": "integer", "minimum": 3, "exclusiveMinimum": True},
            {"type": "INTEGER", "minimum": 4},
            [],
        ),
        (
            {"type": "number", "exclusiveMinimum": 0},
            {"type": "NUMBER", "minimum": 0, "description": "(minimum is exclusive)"},
            ["coerced s.exclusiveMinimum"],
        ),
        ({"type": "array"}, {"type": "ARRAY", "items": {"type": "STRING"}}, []),
        (
            {"type": "array", "items": {"type": "integer"}},
            {"type": "ARRAY", "items": {"type": "INTEGER"}},
            [],
        ),
        (
            {"type": "array", "prefixItems": [{"type": "string"}, {"type": "number"}]},
            {
                "type": "ARRAY",
                "description": "(a tuple of 2)",
                "items": {"anyOf": [{"type": "STRING"}, {"type": "NUMBER"}]},
            },
            ["coerced s.prefixItems"],
        ),
        (
            {"items": [{"type": "string"}, {"type": "string"}]},
            {"type": "ARRAY", "description": "(a tuple of 2)", "items": {"type": "STRING"}},
            ["coerced s.prefixItems"],
        ),
        ({"type": "string", "format": "date-time"}, {"type": "STRING", "format": "date-time"}, []),
        (
            {"type": "string", "format": "email"},
            {"type": "STRING", "description": "(format: email)"},
            ["coerced s.format"],
        ),
        ({}, {"type": "STRING"}, ["coerced s"]),
        (True, {"type": "STRING"}, ["coerced s"]),
        ({"type": "null"}, {"type": "STRING", "nullable": True}, ["coerced s"]),
        (
            {"type": "string", "contentEncoding": "base64", "$comment": "c"},
            {"type": "STRING", "description": '(contentEncoding: "base64")'},
            ["coerced s.contentEncoding"],
        ),
        (
            {"type": "object", "properties": {"a": True}, "required": ["a", "a", "b"]},
            {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}, "required": ["a"]},
            ["coerced s.a"],
        ),
        (
            {"type": "object", "additionalProperties": False, "required": "x"},
            {"type": "OBJECT"},
            ["dropped s.additionalProperties"],
        ),
    ],
)
def test_a_schema_is_reduced(schema: Json, expected: JsonObject, said: list[str]) -> None:
    assert reduced(schema) == (expected, said)


def test_alternatives_stand_alone_and_take_all_else_inside() -> None:
    schema: JsonObject = {
        "description": "either",
        "default": "a",
        "anyOf": [{"type": "string", "description": "text"}, {"type": "integer"}, {"type": "null"}],
    }
    assert reduced(schema)[0] == {
        "anyOf": [
            {"default": "a", "type": "STRING", "description": "either text", "nullable": True},
            {"default": "a", "type": "INTEGER", "description": "either", "nullable": True},
        ]
    }


def test_alternatives_that_become_equal_are_one() -> None:
    schema: JsonObject = {"anyOf": [{"const": 1}, {"type": "integer", "enum": [1]}, {"const": 1}]}
    assert reduced(schema)[0] == {"type": "INTEGER", "description": "(one of: 1)"}


def test_alternatives_that_only_restrict_an_object_go_into_words() -> None:
    schema: JsonObject = {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
    }
    assert reduced(schema) == (
        {
            "type": "OBJECT",
            "properties": {"a": {"type": "STRING"}},
            "description": '(anyOf: [{"required":["a"]},{"required":["b"]}])',
        },
        ["coerced s.anyOf"],
    )


def test_references_are_inlined_and_cycles_cut() -> None:
    schema: JsonObject = {
        "$ref": "#/$defs/N",
        "$defs": {"N": {"type": "object", "properties": {"next": {"$ref": "#/$defs/N"}}}},
    }
    assert reduced(schema) == (
        {"type": "OBJECT", "properties": {"next": {"type": "OBJECT"}}},
        ["dropped s.properties.next.$ref"],
    )


def test_without_a_receipt_it_works_as_well() -> None:
    assert for_gemini({"type": "string"}) == {"type": "STRING"}


@given(SCHEMAS)
def test_any_schema_becomes_one_that_google_takes_and_stays_so(schema: Json) -> None:
    before = str(schema)
    found = for_gemini(schema)
    assert str(schema) == before
    types.Schema.model_validate(json.loads(wire.dump(found)))
    assert for_gemini(found) == found
