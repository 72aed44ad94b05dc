"""Schemas are walked by structure."""

from __future__ import annotations

from plexus.transforms.schema.walk import each_subschema
from plexus.transforms.wire import JsonObject


def test_every_place_of_a_subschema_is_visited_once_with_its_path() -> None:
    seen: list[str] = []

    def note(schema: JsonObject, path: str) -> JsonObject:
        seen.append(path)
        return {"was": schema}

    schema: JsonObject = {
        "type": "object",
        "properties": {"items": {}, "b": True},
        "items": [{}],
        "additionalProperties": {"type": "string"},
        "anyOf": [{}, {}],
        "not": False,
        "enum": [{}],
        "required": ["items"],
    }
    changed = each_subschema(schema, "s", note)
    assert seen == [
        "s.properties.items",
        "s.items[0]",
        "s.additionalProperties",
        "s.anyOf[0]",
        "s.anyOf[1]",
    ]
    assert changed["properties"] == {"items": {"was": {}}, "b": True}
    assert (changed["not"], changed["enum"], changed["type"]) == (False, [{}], "object")


def test_nothing_is_changed_in_place() -> None:
    schema: JsonObject = {"items": {"type": "string"}}
    each_subschema(schema, "s", lambda inner, _: {**inner, "x": 1})
    assert schema == {"items": {"type": "string"}}
