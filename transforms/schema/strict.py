"""Whether OpenAI holds a model to a schema: it refuses strict ones with anything left open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from plexus.transforms.wire import Json, JsonObject, list_at, object_at, texts_at

_NAMED: Final = ("properties", "$defs", "definitions")
_LISTED: Final = ("anyOf", "prefixItems")


def is_closed(schema: Json) -> bool:
    """Whether every object forbids unknown properties and requires all that it names.

    Source: OpenAI's guide to structured outputs, "all fields must be required" and
    "additionalProperties: false must always be set".
    """
    if not isinstance(schema, dict):
        return True
    return _is_closed_itself(schema) and all(is_closed(inner) for inner in _inside(schema))


def _is_closed_itself(schema: JsonObject) -> bool:
    names = object_at(schema, "properties")
    if names is None and schema.get("type") != "object":
        return True
    given = set(names or ())
    return schema.get("additionalProperties") is False and given <= set(
        texts_at(schema, "required")
    )


def _inside(schema: JsonObject) -> Iterator[Json]:
    for key in _NAMED:
        yield from (object_at(schema, key) or {}).values()
    for key in _LISTED:
        yield from list_at(schema, key)
    yield schema.get("items")
