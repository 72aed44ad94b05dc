"""Take known fields out of a chat object, so that what is left is what must ride along in `ext`.

A field is only taken when it has the expected type; anything else stays behind and is written back
as it stood. Parts keep `ext["chat"] = {"rest": left, …}` with our own markers beside `rest`;
requests, messages and choices keep the left fields themselves.
"""

from __future__ import annotations

from typing import Final

from plexus.transforms.ir import CacheMark, Ext
from plexus.transforms.wire import Json, JsonObject, object_at

NAME: Final = "chat"

_MARK: Final = frozenset({"type", "ttl"})
_MARKS: Final = frozenset({"cache_control", "prompt_cache_breakpoint"})


def take_text(left: JsonObject, key: str) -> str | None:
    """Take a string that is not empty: an empty one says nothing and stays as it is."""
    value = left.get(key)
    if not isinstance(value, str) or not value:
        return None
    del left[key]
    return value


def take_bool(left: JsonObject, key: str) -> bool | None:
    """Take a boolean."""
    value = left.get(key)
    if not isinstance(value, bool):
        return None
    del left[key]
    return value


def take_number(left: JsonObject, key: str) -> float | None:
    """Take a number; an int stays an int."""
    value = left.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    del left[key]
    return value


def take_int(left: JsonObject, key: str) -> int | None:
    """Take a whole number, which some clients print as 1024.0."""
    value = left.get(key)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    del left[key]
    return value


def take_object(left: JsonObject, key: str) -> JsonObject | None:
    """Take an object."""
    value = left.get(key)
    if not isinstance(value, dict):
        return None
    del left[key]
    return value


def take_objects(left: JsonObject, key: str) -> list[JsonObject]:
    """Take an array of objects; an empty or mixed one stays as it is."""
    value = left.get(key)
    if not isinstance(value, list):
        return []
    items = [item for item in value if isinstance(item, dict)]
    if not items or len(items) != len(value):
        return []
    del left[key]
    return items


def take_cache(left: JsonObject) -> CacheMark | None:
    """Take `cache_control`; OpenAI's own `prompt_cache_breakpoint` means the same but stays."""
    if _MARKS.isdisjoint(left):
        return None
    mark = left.get("cache_control")
    if isinstance(mark, dict) and mark.get("type") == "ephemeral" and not mark.keys() - _MARK:
        del left["cache_control"]
        return _cache_mark(mark)
    breakpoint_ = left.get("prompt_cache_breakpoint")
    return _cache_mark(breakpoint_) if isinstance(breakpoint_, dict) else None


def cache_of(left: JsonObject) -> CacheMark | None:
    """Read what `take_cache` would take, and leave it where it is."""
    return None if _MARKS.isdisjoint(left) else take_cache(dict(left))


def _cache_mark(mark: JsonObject) -> CacheMark:
    ttl = mark.get("ttl")
    return CacheMark(ttl=ttl if isinstance(ttl, str) else None)


def cache_control(mark: CacheMark) -> JsonObject:
    """Return the wire form of a cache mark, as OpenRouter and others take it."""
    return {"type": "ephemeral"} if mark.ttl is None else {"type": "ephemeral", "ttl": mark.ttl}


def keep(left: JsonObject, **markers: Json) -> Ext:
    """Return the `ext` of a part: the fields left over and our markers."""
    return {NAME: {"rest": left, **markers}}


def is_own(ext: Ext) -> bool:
    """Whether this was read from a chat body."""
    return NAME in ext


def own(ext: Ext) -> JsonObject:
    """Return our `ext` of a request, message or choice; empty if it came from elsewhere."""
    return ext.get(NAME, {})


def rest(ext: Ext) -> JsonObject:
    """Return the left-over fields of a part."""
    mine = ext.get(NAME)
    return {} if mine is None else object_at(mine, "rest") or {}


def marker(ext: Ext, key: str) -> Json:
    """Return one of our markers of a part."""
    mine = ext.get(NAME)
    return None if mine is None else mine.get(key)


def overlay(known: JsonObject, left: JsonObject) -> JsonObject:
    """Return `known` and, behind it, the left fields that it does not set."""
    if not left:
        return known
    return {**known, **{key: value for key, value in left.items() if key not in known}}
