"""Find in contents what other providers' answers have become for a Gemini client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby

from plexus.transforms.dialects.gemini.keys import as_objects
from plexus.transforms.lazy_object import may_say
from plexus.transforms.wire import Json, JsonObject


def holds_unsigned(body: Mapping[str, Json]) -> bool:
    """Whether a request repeats a step of calls without a signature, which Gemini 3 refuses.

    Only the first of a step's calls is signed; a step may be spread over neighbouring contents.
    """
    if not may_say(body, "contents", b"functionCall", b"function_call"):
        return False
    steps = groupby(as_objects(body.get("contents")), key=lambda content: content.get("role"))
    return any(role == "model" and _is_unsigned(contents) for role, contents in steps)


def _is_unsigned(contents: Iterator[JsonObject]) -> bool:
    parts = [part for content in contents for part in as_objects(content.get("parts"))]
    calls = [part for part in parts if "functionCall" in part]
    return bool(calls) and not any(part.get("thoughtSignature") for part in calls)
