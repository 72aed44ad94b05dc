"""Find and delete what a provider's words point at: `tools[0].strict`, `messages.1.content.0.x`.

The text of a path comes from outside. It never reaches what the request is about (`PROTECTED`) nor
an element of it, only keys that are there and indexes written as a number is, within the list.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from plexus.transforms.wire import Json, JsonObject

PROTECTED: Final = frozenset({"messages", "input", "contents", "prompt", "model"})

type Path = tuple[str | int, ...]

_STEP: Final = re.compile(r"""\[\s*["']?([^\]"']*)["']?\s*\]|([^.\[\]]+)""")
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,8}")
_DEEPEST: Final = 40  # steps


def find(body: JsonObject, text: str) -> Path | None:
    """Return the keys of the place that `text` means, `None` if there is none or it is protected.

    Brackets and dots mean the same. Where validators name the variant of a union on the way
    (`content.0.thinking.cache_control`), that step is passed over; so is a leading `body`.
    """
    steps = [bracketed or plain for bracketed, plain in _STEP.findall(text)]
    if steps and steps[0] == "body" and "body" not in body:
        del steps[0]
    if not 0 < len(steps) <= _DEEPEST:
        return None
    path = _walk(body, steps)
    return path if path and not _is_protected(path) else None


def delete(value: JsonObject, path: Path) -> JsonObject:
    """Return a copy without what is at the path, which must be there; lists close up."""
    thinned = _delete(value, path)
    return thinned if isinstance(thinned, dict) else value


def _walk(body: JsonObject, steps: Sequence[str]) -> Path | None:
    place: Json = body
    path: list[str | int] = []
    for left, step in zip(range(len(steps) - 1, -1, -1), steps, strict=True):
        if left and _is_variant(place, step):
            continue
        found = _child(place, step)
        if found is None:
            return None
        key, place = found
        path.append(key)
    return tuple(path)


def _is_variant(place: Json, step: str) -> bool:
    # Anthropic names a client's tool, which needs no type, `custom`.
    if not isinstance(place, dict) or isinstance(place.get(step), dict | list):
        return False
    return place.get("type", "custom") == step


def _child(place: Json, step: str) -> tuple[str | int, Json] | None:
    if isinstance(place, list):
        within = _INDEX.fullmatch(step) and int(step) < len(place)
        return (int(step), place[int(step)]) if within else None
    if not isinstance(place, dict):
        return None
    # Google writes max_tokens for maxTokens, xAI the other way round.
    key = step if step in place else next((key for key in place if _same(key, step)), None)
    return None if key is None else (key, place[key])


def _same(key: str, step: str) -> bool:
    return key.replace("_", "").lower() == step.replace("_", "").lower()


def _is_protected(path: Path) -> bool:
    # A piece of a message's list is a part of what is said; a field of such a piece is not.
    return path[0] in PROTECTED and (len(path) < 3 or isinstance(path[-1], int))


def _delete(value: Json, path: Path) -> Json:
    key, rest = path[0], path[1:]
    if isinstance(value, dict) and isinstance(key, str):
        if rest:
            return {**value, key: _delete(value[key], rest)}
        return {name: item for name, item in value.items() if name != key}
    if isinstance(value, list) and isinstance(key, int):
        return [*value[:key], *([_delete(value[key], rest)] if rest else []), *value[key + 1 :]]
    return value
