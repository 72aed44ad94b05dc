"""Find in a history what other providers' answers have become for a chat client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from plexus.transforms.lazy_object import may_say
from plexus.transforms.wire import Json, objects_at

from .reasoning import FIELDS

_BEYOND: Final = frozenset({*FIELDS, "reasoning_details", "extra_content"})
_WORDS: Final = (b"reasoning", b"extra_content")  # one of them is in each of these


def holds_foreign(body: Mapping[str, Json]) -> bool:
    """Whether a request repeats reasoning, for which OpenAI's own format has no fields."""
    if not may_say(body, "messages", *_WORDS):
        return False
    answers = [said for said in objects_at(body, "messages") if said.get("role") == "assistant"]
    calling = [answer for answer in answers if "tool_calls" in answer]
    calls = [call for answer in calling for call in objects_at(answer, "tool_calls")]
    return not all(map(_BEYOND.isdisjoint, [*answers, *calls]))
