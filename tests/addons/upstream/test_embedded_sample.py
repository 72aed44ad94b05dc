"""Values that the demo model invents for JSON Schemas."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.addons.upstream.embedded_sample import sample
from plexus.transforms.wire import dump, parse

KEYWORDS = st.sampled_from(
    [
        "type", "properties", "required", "items", "prefixItems", "enum", "const", "default",
        "$ref", "anyOf", "allOf", "oneOf", "minimum", "maximum", "exclusiveMinimum", "multipleOf",
        "minItems", "maxItems", "minLength", "maxLength", "format", "#", "#/properties/a", "a",
    ]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYWORDS, inner, max_size=5),
    max_leaves=25,
)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, "example value"),
        ({"type": "STRING"}, "example value"),
        ({"type": ["null", "integer"]}, 1),
        ({"type": "null"}, None),
        ({"type": "boolean"}, True),
        ({"type": "number"}, 1),
        ({"type": "alien"}, "example value"),
        ({}, "example value"),
        (True, "example value"),
        (False, None),
        ({"const": 7}, 7),
        ({"type": "string", "default": None, "enum": ["a"]}, None),
        ({"type": "string", "examples": ["e"], "enum": ["a"]}, "e"),
        ({"enum": ["red", "green"]}, "red"),
        ({"type": "string", "format": "date"}, "2025-01-31"),
        ({"type": "string", "minLength": 16}, "example valuexxx"),
        ({"type": "string", "maxLength": 3}, "exa"),
    ],
)
def test_a_plain_schema_gets_its_default_value(schema, expected):
    assert sample(schema) == expected


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({"type": "integer", "minimum": 3}, 3),
        ({"type": "integer", "exclusiveMinimum": 3}, 4),
        ({"type": "integer", "maximum": -2}, -2),
        ({"type": "integer", "exclusiveMaximum": -2}, -3),
        ({"type": "integer", "minimum": 5, "maximum": 5}, 5),
        ({"type": "integer", "minimum": 7, "multipleOf": 5}, 10),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, 0.5),
        ({"type": "number", "minimum": 0.25, "maximum": 0.75}, 0.25),
        ({"type": "number", "multipleOf": 0.5}, 1),
        ({"type": "integer", "minimum": float("inf"), "maximum": 10**400}, 1),
        ({"type": "integer", "minimum": 9, "maximum": 3}, 1),  # nothing can fit
    ],
)
def test_a_number_keeps_within_its_bounds(bounds, expected):
    assert sample(bounds) == expected


def test_an_object_gets_its_required_properties_only():
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string"}, "unit": {"enum": ["C", "F"]}, "day": {}},
        "required": ["unit", "city", "undeclared"],
    }

    assert sample(schema) == {
        "unit": "C", "city": "example city", "undeclared": "example undeclared",
    }  # fmt: skip


def test_an_object_that_requires_nothing_gets_all_its_properties():
    assert sample({"properties": {"a": {"type": "integer"}, "b": {"type": "boolean"}}}) == {
        "a": 1,
        "b": True,
    }


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "array", "items": {"type": "integer"}}, [1]),
        ({"type": "array"}, ["example value"]),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 3}, [1, 1, 1]),
        ({"type": "array", "items": {"type": "integer"}, "maxItems": 0}, []),
        ({"prefixItems": [{"type": "integer"}, {"type": "boolean"}]}, [1, True]),
        ({"items": {"type": "integer"}, "minItems": 10**9}, [1] * 16),
    ],
)
def test_an_array_has_as_many_items_as_it_needs(schema, expected):
    assert sample(schema) == expected


@pytest.mark.parametrize("key", ["anyOf", "oneOf"])
def test_of_several_options_the_first_that_is_not_null_is_taken(key):
    assert sample({key: [{"type": "null"}, {"type": "integer", "minimum": 4}]}) == 4


def test_only_null_on_offer_gives_null():
    assert sample({"anyOf": [{"type": "null"}]}) is None


def test_all_of_several_schemas_are_merged():
    schema = {
        "allOf": [
            {"properties": {"a": {"type": "integer"}}, "required": ["a"]},
            {"properties": {"b": {"type": "boolean"}}, "required": ["b"]},
        ]
    }

    assert sample(schema) == {"a": 1, "b": True}


def test_a_reference_is_followed_within_the_schema():
    schema = {
        "$defs": {"a/b": {"type": "object", "properties": {"n": {"type": "integer"}}}},
        "properties": {"x": {"$ref": "#/$defs/a~1b"}},
    }

    assert sample(schema) == {"x": {"n": 1}}


@pytest.mark.parametrize("reference", ["https://elsewhere/schema", "#/no/such/place", ""])
def test_a_reference_to_nowhere_may_be_anything(reference):
    assert sample({"$ref": reference}) == "example value"


def test_a_schema_that_contains_itself_ends():
    schema = {"type": "object", "properties": {"next": {"$ref": "#"}}, "required": ["next"]}

    assert dump(sample(schema)).startswith(b'{"next":{"next":{')
    assert sample({"$ref": "#"}) is None


def test_a_schema_that_grows_without_end_is_cut_short():
    names = [f"p{i}" for i in range(50)]
    schema = {"type": "object", "properties": {name: {"$ref": "#"} for name in names}}

    assert len(dump(sample(schema))) < 50_000


@given(JSON)
def test_any_json_at_all_serves_as_a_schema(schema):
    text = dump(sample(schema))

    assert isinstance(text, bytes)


@given(st.integers(-100, 100), st.integers(0, 20), st.integers(1, 7))
def test_an_integer_fits_any_bounds_that_leave_a_multiple(low, width, step):
    schema = {
        "type": "integer", "minimum": low, "maximum": low + step + width, "multipleOf": step,
    }  # fmt: skip

    value = parse(dump(sample(schema)))

    assert isinstance(value, int)
    assert low <= value <= low + step + width
    assert value % step == 0
