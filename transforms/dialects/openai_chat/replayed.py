"""Find in a history what other providers' answers have become for a chat client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from plexus.transforms.wire import JsonObject, objects_at

from .reasoning import FIELDS

_BEYOND: Final = frozenset({*FIELDS, "reasoning_details", "extra_content"})


def holds_foreign(body: JsonObject) -> bool:
    """Whether a request repeats reasoning, for which OpenAI's own format has no fields."""
    return any(holder.keys() & _BEYOND for holder in _holders(body))


def _holders(body: JsonObject) -> Iterator[JsonObject]:
    for message in objects_at(body, "messages"):
        if message.get("role") == "assistant":
            yield message
            yield from objects_at(message, "tool_calls")
