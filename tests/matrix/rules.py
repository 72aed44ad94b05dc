"""What the validators of all four formats need: names, base64, schemas, leaks."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from itertools import pairwise

from plexus.transforms.wire import (
    Json,
    JsonObject,
    dump_text,
    list_at,
    object_at,
    texts_at,
    try_parse,
)

OPENAI_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
IMAGE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})

_DATA_URL = re.compile(r"data:(?P<mime>[\w.+/-]+);base64,(?P<data>.*)", re.DOTALL)


def leaks(body: JsonObject) -> Iterator[str]:
    """Envelopes are for clients: a provider must get what is inside, or nothing."""
    if '"gw1.' in dump_text(body):
        yield "an envelope of ours is in the body"


def is_base64(text: object) -> bool:
    """Whether `text` is padded base64 of the standard alphabet."""
    if not isinstance(text, str) or not text:
        return False
    try:
        base64.b64decode(text, validate=True)
    except ValueError:
        return False
    return True


def is_image_url(url: object) -> bool:
    """Whether OpenAI would take this as a picture: a web address or a data URL."""
    if not isinstance(url, str):
        return False
    found = _DATA_URL.fullmatch(url)
    if found is None:
        return url.startswith(("https://", "http://"))
    return found["mime"] in IMAGE_TYPES and is_base64(found["data"])


def is_object_text(text: object) -> bool:
    """Whether a call's arguments are the text of a JSON object."""
    return isinstance(text, str) and isinstance(try_parse(text), dict)


def loose_objects(schema: Json, path: str, *, whole: bool) -> Iterator[str]:
    """Objects in a strict schema that are open or, if `whole`, have optional properties."""
    if not isinstance(schema, dict):
        return
    properties = schema.get("properties")
    names = set(properties) if isinstance(properties, dict) else set()
    if schema.get("type") == "object" or names:
        if schema.get("additionalProperties") is not False:
            yield f"{path}: additionalProperties must be false"
        if whole and names - set(texts_at(schema, "required")):
            yield f"{path}: every property must be required"
    for name, inner in _inside(schema):
        yield from loose_objects(inner, f"{path}.{name}", whole=whole)


def _inside(schema: JsonObject) -> Iterator[tuple[str, Json]]:
    for key in ("properties", "$defs"):
        yield from (object_at(schema, key) or {}).items()
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        yield from ((f"{key}[{n}]", item) for n, item in enumerate(list_at(schema, key)))
    yield "items", schema.get("items")


def duplicates(names: list[str | None]) -> set[str | None]:
    """The names that occur more than once."""
    ordered = sorted(str(name) for name in names)
    return {one for one, other in pairwise(ordered) if one == other}


def says_json(value: Json) -> bool:
    """Whether a prompt speaks of JSON, as OpenAI wants it to in JSON mode."""
    return "json" in dump_text(value).lower()
