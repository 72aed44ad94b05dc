"""Walk a JSON Schema by its structure: the keys of `properties` are names, not keywords."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from plexus.transforms.wire import JsonObject

# No honest schema gets so far; a `$ref` bomb does.
MAX_DEPTH: Final = 64
MAX_NODES: Final = 20_000

_MAPS: Final = frozenset({"properties", "patternProperties", "$defs", "definitions"})
_ONE: Final = frozenset(
    {
        "items",
        "additionalProperties",
        "additionalItems",
        "contains",
        "propertyNames",
        "unevaluatedItems",
        "unevaluatedProperties",
        "not",
        "if",
        "then",
        "else",
    }
)
_MANY: Final = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_INNER: Final = _MAPS | _ONE | _MANY

type Walk = Callable[[JsonObject, str], JsonObject]


def each_subschema(schema: JsonObject, path: str, walk: Walk) -> JsonObject:
    """Return `schema` with `walk` applied to the schemas directly inside it.

    `walk` gets each and its path; schemas that are booleans stay.
    """
    if _INNER.isdisjoint(schema):
        return dict(schema)
    changed: JsonObject = {}
    for key, value in schema.items():
        if key in _MAPS and isinstance(value, dict):
            changed[key] = {
                name: walk(inner, f"{path}.{key}.{name}") if isinstance(inner, dict) else inner
                for name, inner in value.items()
            }
        elif key in _ONE and isinstance(value, dict):
            changed[key] = walk(value, f"{path}.{key}")
        elif (key in _MANY or key == "items") and isinstance(value, list):
            changed[key] = [
                walk(inner, f"{path}.{key}[{number}]") if isinstance(inner, dict) else inner
                for number, inner in enumerate(value)
            ]
        else:
            changed[key] = value
    return changed
