"""Find in a history what other providers' answers have become for a chat client."""

from __future__ import annotations

from typing import Final

from plexus.transforms.wire import JsonObject, objects_at

from .reasoning import FIELDS

_BEYOND: Final = frozenset({*FIELDS, "reasoning_details", "extra_content"})


def holds_foreign(body: JsonObject) -> bool:
    """Whether a request repeats reasoning, for which OpenAI's own format has no fields."""
    answers = [said for said in objects_at(body, "messages") if said.get("role") == "assistant"]
    calling = [answer for answer in answers if "tool_calls" in answer]
    calls = [call for answer in calling for call in objects_at(answer, "tool_calls")]
    return not all(map(_BEYOND.isdisjoint, [*answers, *calls]))
