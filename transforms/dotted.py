"""Read and change values at dotted paths in a JSON object: `reasoning.effort`."""

from __future__ import annotations

from plexus.transforms.wire import Json, JsonObject


def holds(body: JsonObject, path: str) -> bool:
    """Whether there is a value at the path, be it null."""
    parent, key = _parent(body, path)
    return parent is not None and key in parent


def value_at(body: JsonObject, path: str) -> Json:
    """Return the value at the path; `None` where there is none."""
    parent, key = _parent(body, path)
    return None if parent is None else parent.get(key)


def with_value(body: JsonObject, path: str, value: Json) -> JsonObject:
    """Return a copy with the value at the path; what is no object on the way becomes one."""
    key, _, rest = path.partition(".")
    if not rest:
        return {**body, key: value}
    inner = body.get(key)
    return {**body, key: with_value(inner if isinstance(inner, dict) else {}, rest, value)}


def without(body: JsonObject, path: str) -> JsonObject:
    """Return a copy without what is at the path; the same object if nothing is."""
    if not holds(body, path):
        return body
    key, _, rest = path.partition(".")
    inner = body[key]
    if rest and isinstance(inner, dict):
        return {**body, key: without(inner, rest)}
    return {name: value for name, value in body.items() if name != key}


def _parent(body: JsonObject, path: str) -> tuple[JsonObject | None, str]:
    *way, key = path.split(".")
    place: Json = body
    for step in way:
        place = place.get(step) if isinstance(place, dict) else None
    return (place if isinstance(place, dict) else None), key
