"""Reduce JSON Schema to the subset that Gemini's `Schema` message knows (wire-formats.md §4.1).

What the subset cannot say goes into the description, where the model still reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from plexus.transforms.codec import Receipt
from plexus.transforms.schema.alternatives import merge, normalised
from plexus.transforms.schema.inline import inline_refs
from plexus.transforms.wire import Json, JsonObject, dump_text, number_at, text_at, texts_at

_TYPES: Final = frozenset({"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT"})
# Taken over as they are, if they are what they should be.
_TEXTS: Final = ("title", "description", "pattern")
_NUMBERS: Final = (
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "minProperties",
    "maxProperties",
)
_VALUES: Final = ("default", "example")
_PLAIN: Final = frozenset({*_TEXTS, *_NUMBERS, *_VALUES, "propertyOrdering"})
_FORMATS: Final[Mapping[str, frozenset[str]]] = {
    "STRING": frozenset({"enum", "date-time"}),
    "NUMBER": frozenset({"float", "double"}),
    "INTEGER": frozenset({"int32", "int64"}),
}
_EXCLUSIVE: Final = (
    ("exclusiveMinimum", "minimum", 1),
    ("exclusiveMaximum", "maximum", -1),
)
# They say nothing about the values, or are dealt with elsewhere.
_SILENT: Final = frozenset(
    {
        "$schema",
        "$id",
        "$comment",
        "$anchor",
        "readOnly",
        "writeOnly",
        "deprecated",
        "type",
        "nullable",
        "format",
        "enum",
        "const",
        "properties",
        "required",
        "items",
        "prefixItems",
        "additionalItems",
        "exclusiveMinimum",
        "exclusiveMaximum",
    }
)


def for_gemini(schema: Json, receipt: Receipt | None = None, path: str = "schema") -> JsonObject:
    """Return `schema` as Gemini's `parameters` and `responseSchema` take it.

    References are inlined, alternatives reduced, unknown keywords described in words. A schema that
    is in that form already comes back equal.
    """
    notes = receipt or Receipt()
    return _reduce(inline_refs(schema, notes, path), path, notes)


@dataclass(slots=True)
class _Node:
    """A schema on its way: what it said, what it says now, and what only words can say."""

    schema: JsonObject
    path: str
    receipt: Receipt
    out: JsonObject = field(default_factory=dict)
    words: list[str] = field(default_factory=list)

    def in_words(self, key: str, text: str, why: str = "in the description") -> None:
        """Move a keyword to the description."""
        self.words.append(text)
        self.receipt.coerced(f"{self.path}.{key}", why)


def _reduce(schema: Json, path: str, receipt: Receipt) -> JsonObject:
    plain, nullable = normalised(schema if isinstance(schema, dict) else {})
    if isinstance(plain.get("anyOf"), list) and "properties" not in plain:
        reduced = _alternatives(plain, path, receipt)
    else:
        reduced = _single(_Node(plain, path, receipt))
    return _nullable(reduced) if nullable else reduced


def _alternatives(schema: JsonObject, path: str, receipt: Receipt) -> JsonObject:
    # Vertex AI: "When using any_of, it must be the only field set", so all else moves inside.
    branches = schema["anyOf"]
    outer = {key: value for key, value in schema.items() if key not in {"anyOf", "description"}}
    kinds: list[JsonObject] = []
    for number, branch in enumerate(branches if isinstance(branches, list) else []):
        inner = merge(branch if isinstance(branch, dict) else {}, outer)
        kind = _described(_reduce(inner, f"{path}.anyOf[{number}]", receipt), schema)
        if kind not in kinds:
            kinds.append(kind)
    return kinds[0] if len(kinds) == 1 else {"anyOf": [*kinds]}


def _described(schema: JsonObject, outer: JsonObject) -> JsonObject:
    words = [text for text in (outer.get("description"), schema.get("description")) if text]
    if not words:
        return schema
    return {**schema, "description": " ".join(dict.fromkeys(str(text) for text in words))}


def _nullable(schema: JsonObject) -> JsonObject:
    branches = schema.get("anyOf")
    if not isinstance(branches, list):
        return {**schema, "nullable": True}
    return {"anyOf": [_nullable(branch) for branch in branches if isinstance(branch, dict)]}


def _single(node: _Node) -> JsonObject:
    node.out |= _plain(node.schema)
    kind = _kind(node.schema)
    if kind is None:
        node.receipt.coerced(node.path, "any value, as a string")
    node.out["type"] = kind or "STRING"
    for step in (_numbers, _format, _enum, _object, _array, _leftovers):
        step(node)
    if node.words:
        said = node.out.get("description")
        note = f"({'; '.join(node.words)})"
        node.out["description"] = f"{said} {note}" if said else note
    return node.out


def _plain(schema: JsonObject) -> JsonObject:
    plain: JsonObject = {key: schema[key] for key in _VALUES if key in schema}
    plain |= {key: text for key in _TEXTS if (text := text_at(schema, key)) is not None}
    plain |= {key: number for key in _NUMBERS if (number := number_at(schema, key)) is not None}
    order = texts_at(schema, "propertyOrdering")
    return {**plain, "propertyOrdering": [*order]} if order else plain


def _kind(schema: JsonObject) -> str | None:
    kind = schema.get("type")
    if isinstance(kind, str) and kind.upper() in _TYPES:
        return kind.upper()
    if "properties" in schema:
        return "OBJECT"
    if "items" in schema or "prefixItems" in schema:
        return "ARRAY"
    return _kind_of_values(_values(schema) or [])


def _kind_of_values(values: list[Json]) -> str | None:
    kinds = {type(value) for value in values}
    if kinds == {str}:
        return "STRING"
    if kinds == {bool}:
        return "BOOLEAN"
    if kinds == {int}:
        return "INTEGER"
    return "NUMBER" if kinds and kinds <= {int, float} else None


def _values(schema: JsonObject) -> list[Json] | None:
    if "const" in schema:
        return [schema["const"]]
    values = schema.get("enum")
    return values if isinstance(values, list) else None


def _numbers(node: _Node) -> None:
    for key, bound, step in _EXCLUSIVE:
        limit = node.schema.get(key)
        if limit is True:  # JSON Schema draft 4: a flag beside the bound
            limit = node.schema.get(bound)
        if isinstance(limit, bool) or not isinstance(limit, int | float):
            continue
        whole = node.out["type"] == "INTEGER"
        node.out[bound] = limit + step if whole else limit
        if not whole:
            node.in_words(key, f"{bound} is exclusive", f"as {bound}")


def _format(node: _Node) -> None:
    value = node.schema.get("format")
    if not isinstance(value, str):
        return
    if value in _FORMATS.get(str(node.out["type"]), frozenset()):
        node.out["format"] = value
    else:
        node.in_words("format", f"format: {value}")


def _enum(node: _Node) -> None:
    values = _values(node.schema)
    if values is None:
        return
    if node.out["type"] == "STRING" and values and all(isinstance(v, str) for v in values):
        node.out["enum"] = list(dict.fromkeys(str(value) for value in values))
        return
    # Gemini's enums hold strings only.
    node.in_words("enum", "one of: " + ", ".join(dump_text(value) for value in values))


def _object(node: _Node) -> None:
    properties = node.schema.get("properties")
    if not isinstance(properties, dict):
        return
    node.out["properties"] = {
        name: _reduce(inner, f"{node.path}.{name}", node.receipt)
        for name, inner in properties.items()
    }
    required = node.schema.get("required")
    listed = required if isinstance(required, list) else []
    names = [name for name in listed if isinstance(name, str) and name in properties]
    if names:
        node.out["required"] = list(dict.fromkeys(names))


def _array(node: _Node) -> None:
    if node.out["type"] != "ARRAY":
        return
    items = node.schema.get("items")
    positional = node.schema.get("prefixItems", items if isinstance(items, list) else None)
    if not isinstance(positional, list):
        known = isinstance(items, dict)
        node.out["items"] = (
            _reduce(items, f"{node.path}.items", node.receipt) if known else {"type": "STRING"}
        )
        return
    node.in_words("prefixItems", f"a tuple of {len(positional)}", "as alternatives for every item")
    either: JsonObject = {"anyOf": positional}
    node.out["items"] = _reduce(either, f"{node.path}.items", node.receipt)


def _leftovers(node: _Node) -> None:
    for key, value in node.schema.items():
        if key in _PLAIN or key in _SILENT:
            continue
        if key == "additionalProperties":
            node.receipt.dropped(f"{node.path}.{key}")
        else:
            node.in_words(key, f"{key}: {dump_text(value)}")
