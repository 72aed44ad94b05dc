"""Turn Gemini's own schema language into JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from plexus.transforms.schema.walk import MAX_DEPTH, each_subschema
from plexus.transforms.wire import Json, JsonObject

# OpenAPI's words in Gemini's Schema, and JSON Schema's for the same.
_TYPE_NAMES: Final = ("", "string", "number", "integer", "boolean", "array", "object", "null")
_SNAKE: Final[Mapping[str, str]] = {
    "any_of": "anyOf",
    "min_items": "minItems",
    "max_items": "maxItems",
    "min_length": "minLength",
    "max_length": "maxLength",
    "min_properties": "minProperties",
    "max_properties": "maxProperties",
    "property_ordering": "propertyOrdering",
    "additional_properties": "additionalProperties",
}
_INTEGERS: Final = frozenset(
    {"minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"}
)
# JSON Schema says these as Gemini does.
_SHARED: Final = frozenset(
    {"type", "description", "title", "enum", "default", "properties", "required", "items"}
)
_RARE: Final = _INTEGERS | {"example", "format", "propertyOrdering", "nullable"}


def lowercase_types(schema: Json, path: str = "schema") -> Json:
    """Return a Gemini `Schema` as JSON Schema; JSON Schema stays what it is.

    Types in capitals or as enum numbers become names, `nullable` a second type, `example` examples,
    int64 strings numbers; `propertyOrdering` becomes the order of the properties.
    """
    if not isinstance(schema, dict) or _is_json_schema(schema, 0):
        return schema
    return _lowered(schema, path, 0)


def _is_json_schema(schema: Json, depth: int) -> bool:
    """Whether there is nothing to change, as in most schemas of requests."""
    if not isinstance(schema, dict) or not _SHARED.issuperset(schema) or depth > MAX_DEPTH:
        return False
    kind = schema.get("type")
    if not isinstance(kind, str) or not kind.islower():
        return False
    properties = schema.get("properties")
    if isinstance(properties, dict):
        for inner in properties.values():
            if not _is_json_schema(inner, depth + 1):
                return False
    return "items" not in schema or _is_json_schema(schema["items"], depth + 1)


def _lowered(schema: JsonObject, path: str, depth: int) -> JsonObject:
    if depth > MAX_DEPTH:
        return {}
    if not _SNAKE.keys().isdisjoint(schema):
        schema = {_SNAKE.get(key, key): value for key, value in schema.items()}
    changed = each_subschema(schema, path, lambda inner, where: _lowered(inner, where, depth + 1))
    if "type" in changed:
        changed["type"] = _type_name(changed["type"])
    if not _RARE.isdisjoint(changed):
        _reword(changed)
    return changed


def _reword(changed: JsonObject) -> None:
    for key in _INTEGERS & changed.keys():
        value = changed[key]
        if isinstance(value, str) and value.isdecimal():
            changed[key] = int(value)
    if "example" in changed and "examples" not in changed:
        changed["examples"] = [changed.pop("example")]
    if changed.get("format") == "enum":
        del changed["format"]
    _order(changed)
    _make_nullable(changed)


def _type_name(value: Json) -> Json:
    match value:
        case str():
            return value.lower()
        case bool():
            return value
        case int() if 0 < value < len(_TYPE_NAMES):
            return _TYPE_NAMES[value]
        case list():
            return [_type_name(item) for item in value]
        case _:
            return value


def _order(schema: JsonObject) -> None:
    order = schema.get("propertyOrdering")
    properties = schema.get("properties")
    if not isinstance(order, list):
        return
    del schema["propertyOrdering"]
    if isinstance(properties, dict):
        first = [name for name in order if isinstance(name, str) and name in properties]
        names = dict.fromkeys([*first, *properties])
        schema["properties"] = {name: properties[name] for name in names}


def _make_nullable(schema: JsonObject) -> None:
    if schema.pop("nullable", None) is not True:
        return
    kind = schema.get("type")
    if isinstance(kind, str) and kind != "null":
        schema["type"] = [kind, "null"]
        values = schema.get("enum")
        if isinstance(values, list) and None not in values:
            schema["enum"] = [*values, None]
    elif isinstance(branches := schema.get("anyOf"), list):
        schema["anyOf"] = [*branches, {"type": "null"}]
