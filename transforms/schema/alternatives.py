"""Reduce the ways in which a JSON Schema offers alternatives to one: `anyOf`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from plexus.transforms.wire import Json, JsonObject

# Which keywords speak of values of which type, so that `type: [a, b]` can be taken apart.
_KEYWORDS: Final[Mapping[str, frozenset[str]]] = {
    "string": frozenset({"minLength", "maxLength", "pattern", "format"}),
    "number": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}),
    "integer": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}),
    "array": frozenset({"items", "prefixItems", "minItems", "maxItems", "uniqueItems"}),
    "object": frozenset({"properties", "required", "additionalProperties"}),
}
_TYPED: Final = frozenset().union(*_KEYWORDS.values())


def normalised(schema: JsonObject) -> tuple[JsonObject, bool]:
    """Return `schema` with at most one kind of alternative, and whether it may be null.

    What is left in `anyOf` are two branches or more, none of them null.
    """
    plain, nullable = schema, False
    while True:
        plain, null_too = _split_null(_merge_all(plain))
        nullable |= null_too
        branches = plain.get("anyOf")
        if not isinstance(branches, list) or len(branches) > 1:
            return plain, nullable
        plain = _only_alternative(plain, branches)


def _merge_all(schema: JsonObject) -> JsonObject:
    merged = {key: value for key, value in schema.items() if key not in {"allOf", "oneOf"}}
    one_of = schema.get("oneOf")
    if isinstance(one_of, list):
        any_of = merged.get("anyOf")
        merged["anyOf"] = [*(any_of if isinstance(any_of, list) else []), *one_of]
    branches = schema.get("allOf")
    for branch in branches if isinstance(branches, list) else []:
        if isinstance(branch, dict):
            merged = merge(merged, _merge_all(branch))
    return merged


def merge(a: JsonObject, b: JsonObject) -> JsonObject:
    """Return what both schemas say; where they differ, `a` holds."""
    merged = {**b, **a}
    for key in ("properties", "required"):
        left, right = a.get(key), b.get(key)
        if isinstance(left, dict) and isinstance(right, dict):
            merged[key] = {**right, **left}
        elif isinstance(left, list) and isinstance(right, list):
            merged[key] = [*left, *(name for name in right if name not in left)]
    return merged


def _split_null(schema: JsonObject) -> tuple[JsonObject, bool]:
    nullable = schema.get("nullable") is True
    plain = dict(schema)
    kind = plain.get("type")
    if isinstance(kind, list):
        names = [name for name in kind if isinstance(name, str)]
        nullable |= "null" in names
        plain = _one_type(plain, [name for name in names if name != "null"])
    elif isinstance(kind, str) and kind.lower() == "null":
        nullable = True
        del plain["type"]
    branches = plain.get("anyOf")
    if isinstance(branches, list):
        rest = [branch for branch in branches if not _is_null(branch)]
        nullable |= len(rest) < len(branches)
        plain["anyOf"] = rest
    values = plain.get("enum")
    if isinstance(values, list) and None in values:
        nullable = True
        plain["enum"] = [value for value in values if value is not None]
    return plain, nullable


def _is_null(schema: Json) -> bool:
    if not isinstance(schema, dict):
        return False
    kind = schema.get("type")
    return isinstance(kind, str) and kind.lower() == "null"


def _one_type(schema: JsonObject, names: list[str]) -> JsonObject:
    if not names:
        return {key: value for key, value in schema.items() if key != "type"}
    if len(names) == 1:
        return {**schema, "type": names[0]}
    shared = {key: value for key, value in schema.items() if key not in _TYPED and key != "type"}
    branches: list[Json] = []
    for name in names:
        known = _KEYWORDS.get(name, frozenset())
        branches.append({"type": name, **{key: schema[key] for key in schema if key in known}})
    shared["anyOf"] = branches
    return shared


def _only_alternative(schema: JsonObject, branches: list[Json]) -> JsonObject:
    plain = {key: value for key, value in schema.items() if key != "anyOf"}
    only = branches[0] if branches else None
    return merge(plain, only) if isinstance(only, dict) else plain
