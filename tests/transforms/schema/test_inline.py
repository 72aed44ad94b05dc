"""References are replaced by what they point to."""

from __future__ import annotations

import pytest

from plexus.transforms.codec import Receipt
from plexus.transforms.schema import inline_refs
from plexus.transforms.wire import Json, JsonObject


def notes(receipt: Receipt) -> list[str]:
    return [f"{note.action} {note.path}" for note in receipt.notes]


def test_a_reference_becomes_its_target_and_the_definitions_go() -> None:
    schema: JsonObject = {
        "$defs": {"A": {"type": "string"}},
        "definitions": {"b/c": {"type": "integer"}},
        "properties": {"a": {"$ref": "#/$defs/A"}, "b": {"$ref": "#/definitions/b~1c"}},
    }
    before = str(schema)
    assert inline_refs(schema) == {
        "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}
    }
    assert str(schema) == before


def test_a_property_may_be_called_definitions_or_ref() -> None:
    schema: JsonObject = {"properties": {"definitions": {"type": "string"}, "$ref": {}}}
    assert inline_refs(schema) == schema


def test_words_beside_a_reference_win() -> None:
    schema: JsonObject = {
        "$defs": {"A": {"type": "string", "description": "old"}},
        "items": {"$ref": "#/$defs/A", "description": "new"},
    }
    assert inline_refs(schema) == {"items": {"type": "string", "description": "new"}}


def test_a_reference_may_lead_to_another() -> None:
    schema: JsonObject = {
        "$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"type": "string"}},
        "items": {"$ref": "#/$defs/A"},
    }
    assert inline_refs(schema) == {"items": {"type": "string"}}


def test_the_root_may_be_a_reference() -> None:
    schema: JsonObject = {"$ref": "#/$defs/A", "$defs": {"A": {"type": "object"}}}
    assert inline_refs(schema) == {"type": "object"}


def test_a_reference_may_point_into_a_list() -> None:
    schema: JsonObject = {"anyOf": [{"type": "string"}, {"$ref": "#/anyOf/0"}]}
    assert inline_refs(schema) == {"anyOf": [{"type": "string"}, {"type": "string"}]}


def test_a_cycle_is_cut_to_its_bare_type() -> None:
    node: JsonObject = {
        "type": "object",
        "description": "a node",
        "properties": {"next": {"$ref": "#/$defs/N"}},
    }
    receipt = Receipt()
    assert inline_refs({"$defs": {"N": node}, "$ref": "#/$defs/N"}, receipt) == {
        "type": "object",
        "description": "a node",
        "properties": {"next": {"type": "object", "description": "a node"}},
    }
    assert notes(receipt) == ["dropped schema.properties.next.$ref"]


@pytest.mark.parametrize(
    "reference", ["#/$defs/Missing", "https://example.com/schema", "#/items/0/x", "#/title"]
)
def test_a_reference_to_nowhere_leaves_what_stands_beside_it(reference: str) -> None:
    receipt = Receipt()
    schema: JsonObject = {"title": "t", "items": {"$ref": reference, "type": "string"}}
    assert inline_refs(schema, receipt, "tools[0].schema") == {
        "title": "t",
        "items": {"type": "string"},
    }
    assert notes(receipt) == ["dropped tools[0].schema.items.$ref"]


def test_a_bomb_does_not_go_off() -> None:
    defs: JsonObject = {f"A{n}": {"anyOf": [{"$ref": f"#/$defs/A{n + 1}"}] * 10} for n in range(30)}
    receipt = Receipt()
    inline_refs({"$defs": defs, "$ref": "#/$defs/A0"}, receipt)
    assert "dropped" in notes(receipt)[0]


def test_a_schema_without_bottom_is_cut() -> None:
    schema: JsonObject = {"type": "string"}
    for _ in range(500):
        schema = {"type": "array", "items": schema}
    receipt = Receipt()
    inline_refs(schema, receipt)
    assert len(receipt.notes) == 1


@pytest.mark.parametrize("schema", [True, None, 7, []])
def test_what_is_no_object_is_an_empty_schema(schema: Json) -> None:
    assert inline_refs(schema) == {}
