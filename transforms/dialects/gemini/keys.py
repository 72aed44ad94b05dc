"""Read proto3 JSON: its two spellings of a field name, and what we kept of a Gemini original."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from plexus.transforms.ir import Ext
from plexus.transforms.wire import Json, JsonObject

NAME: Final = "gemini"

_SNAKE: Final = re.compile(r"_([a-z0-9])")


def camel(obj: JsonObject) -> JsonObject:
    """Return `obj` with its own keys in lowerCamelCase; a key given in both spellings: camel wins.

    proto3 JSON takes both (wire-formats.md §4). Nested objects stay as they are, because maps such
    as `args` have keys of the user's.
    """
    for key in obj:
        if "_" in key:
            return _renamed(obj)
    return obj


def _renamed(obj: JsonObject) -> JsonObject:
    renamed: JsonObject = {}
    for key, value in obj.items():
        name = camel_key(key)
        if name == key or name not in obj:
            renamed[name] = value
    return renamed


def camel_key(key: str) -> str:
    """Return a field name in lowerCamelCase."""
    return _SNAKE.sub(lambda match: match.group(1).upper(), key)


def as_list(value: Json) -> list[Json]:
    """Return a repeated field; a lone value, which Google accepts too, counts as a list of one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def as_objects(value: Json) -> list[JsonObject]:
    """Return the objects of a repeated field, in camelCase."""
    return [camel(item) for item in as_list(value) if isinstance(item, dict)]


def own(ext: Ext) -> JsonObject:
    """Return what `ext` holds of a Gemini original; empty if it is none."""
    return ext.get(NAME, {})


def own_object(ext: Ext, key: str) -> JsonObject:
    """Return the object `key` of what `ext` holds of a Gemini original."""
    value = own(ext).get(key)
    return value if isinstance(value, dict) else {}


def is_own(ext: Ext) -> bool:
    """Whether the thing that bears `ext` was read from Gemini's format."""
    return NAME in ext


def mark(fields: Mapping[str, Json]) -> dict[str, JsonObject]:
    """Return the `ext` of something read from Gemini's format, with what the IR has no word for."""
    return {NAME: dict(fields)}


def dict_at(obj: JsonObject, key: str) -> JsonObject:
    """Return the object `obj[key]` in camelCase, empty if there is none."""
    value = obj.get(key)
    return camel(value) if isinstance(value, dict) else {}
