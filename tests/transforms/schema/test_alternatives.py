"""All ways to offer alternatives become one."""

from __future__ import annotations

import pytest

from plexus.transforms.schema.alternatives import merge, normalised
from plexus.transforms.wire import JsonObject

STRING: JsonObject = {"type": "string"}
INTEGER: JsonObject = {"type": "integer"}
NULL: JsonObject = {"type": "null"}


@pytest.mark.parametrize(
    ("schema", "expected", "nullable"),
    [
        (STRING, STRING, False),
        ({"type": ["string", "null"]}, STRING, True),
        ({"type": "NULL"}, {}, True),
        ({"type": []}, {}, False),
        ({"anyOf": [STRING, NULL]}, STRING, True),
        ({"oneOf": [STRING, NULL], "title": "t"}, {"type": "string", "title": "t"}, True),
        ({"anyOf": [STRING], "oneOf": [INTEGER]}, {"anyOf": [STRING, INTEGER]}, False),
        ({"anyOf": [{"anyOf": [STRING, NULL]}]}, STRING, True),
        ({"anyOf": [{"type": ["string", "null"]}, NULL]}, STRING, True),
        ({"anyOf": []}, {}, False),
        ({"anyOf": [True]}, {}, False),
        ({"type": "string", "enum": ["a", None]}, {"type": "string", "enum": ["a"]}, True),
        ({"type": "string", "nullable": True}, {"type": "string", "nullable": True}, True),
        (
            {"type": ["string", "array"], "items": STRING, "minLength": 1, "title": "t"},
            {
                "title": "t",
                "anyOf": [{"type": "string", "minLength": 1}, {"type": "array", "items": STRING}],
            },
            False,
        ),
    ],
)
def test_alternatives_are_reduced(schema: JsonObject, expected: JsonObject, nullable: bool) -> None:
    assert normalised(schema) == (expected, nullable)


def test_branches_of_all_of_are_merged() -> None:
    schema: JsonObject = {
        "properties": {"a": STRING},
        "required": ["a"],
        "allOf": [
            {"properties": {"a": INTEGER, "b": STRING}, "required": ["a", "b"]},
            {"allOf": [{"title": "t"}]},
            True,
        ],
    }
    assert normalised(schema)[0] == {
        "properties": {"a": STRING, "b": STRING},
        "required": ["a", "b"],
        "title": "t",
    }


def test_where_two_schemas_differ_the_first_holds() -> None:
    assert merge({"type": "string"}, {"type": "integer", "title": "t"}) == {
        "type": "string",
        "title": "t",
    }


def test_nothing_is_changed_in_place() -> None:
    schema: JsonObject = {"anyOf": [STRING, NULL], "allOf": [{"enum": [None, "a"]}]}
    before = str(schema)
    normalised(schema)
    assert str(schema) == before
