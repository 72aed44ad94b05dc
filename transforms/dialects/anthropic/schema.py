"""Bring JSON Schemas into the form that Anthropic takes."""

from __future__ import annotations

from typing import Final

from plexus.transforms.schema.walk import MAX_DEPTH, each_subschema
from plexus.transforms.wire import Json, JsonObject, dump_text, list_at, object_at, objects_at

_EMPTY: Final[JsonObject] = {"type": "object", "properties": {}}
_COMBINERS: Final = ("allOf", "anyOf", "oneOf")

# Refused by structured outputs and strict tools (Anthropic docs, structured outputs).
_LIMITS: Final = frozenset(
    {
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength",
        "maxLength", "maxItems", "uniqueItems", "minProperties", "maxProperties", "contains",
        "minContains", "maxContains", "propertyNames", "patternProperties", "dependentRequired",
        "dependentSchemas", "unevaluatedProperties", "unevaluatedItems", "if", "then", "else",
        "not",
    }
)  # fmt: skip
_FORMATS: Final = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}
)


def arguments_schema(schema: Json) -> tuple[JsonObject, bool]:
    """Return a tool's schema as an object schema, and whether its meaning had to change.

    Anthropic refuses `anyOf`, `oneOf` and `allOf` at the top level (wire-formats.md §3.1): the
    alternatives' properties are put together, required only if every alternative requires them.
    """
    if not isinstance(schema, dict) or not schema:
        return dict(_EMPTY), schema not in (None, {})
    if any(schema.get(word) for word in _COMBINERS):
        return _flattened(schema), True
    if schema.get("type") != "object":
        return {**schema, "type": "object"}, "type" in schema
    return schema, False


def _flattened(schema: JsonObject) -> JsonObject:
    flat = {key: value for key, value in schema.items() if key not in _COMBINERS}
    properties: JsonObject = {}
    required = set(_names(schema))
    for word in _COMBINERS:
        branches = objects_at(schema, word)
        for branch in branches:
            properties |= object_at(branch, "properties") or {}
        demanded = [set(_names(branch)) for branch in branches]
        if demanded:
            required |= set.union(*demanded) if word == "allOf" else set.intersection(*demanded)
    properties |= object_at(schema, "properties") or {}
    flat |= {"type": "object", "properties": properties}
    if required:
        flat["required"] = [name for name in properties if name in required]
    return flat


def _names(schema: JsonObject) -> list[str]:
    return [name for name in list_at(schema, "required") if isinstance(name, str)]


def strict_schema(schema: Json) -> Json:
    """Return a schema for a strict target: objects closed, what it refuses moved into words.

    A limit that the grammar cannot hold (`minLength`) is still told to the model.
    """
    return _strict(schema, 0) if isinstance(schema, dict) else schema


def _strict(schema: JsonObject, depth: int) -> JsonObject:
    if depth > MAX_DEPTH:
        return schema
    told = {key: value for key, value in schema.items() if _is_refused(key, value)}
    plain = {key: value for key, value in schema.items() if key not in told}
    if "oneOf" in plain:
        plain["anyOf"] = plain.pop("oneOf")
    out = each_subschema(plain, "", lambda inner, _: _strict(inner, depth + 1))
    if out.get("type") == "object" or "properties" in out:
        out["additionalProperties"] = False
    if told:
        words = ", ".join(f"{key}: {dump_text(value)}" for key, value in told.items())
        before = out.get("description")
        out["description"] = f"{before} ({words})" if isinstance(before, str) else words
    return out


def _is_refused(key: str, value: Json) -> bool:
    if key == "format":
        return not (isinstance(value, str) and value in _FORMATS)
    if key == "minItems":
        return value not in (0, 1)
    return key in _LIMITS
