"""Find in a history what other providers' answers have become for a Messages client."""

from __future__ import annotations

from collections.abc import Mapping

from plexus.transforms.envelope import is_envelope
from plexus.transforms.lazy_object import may_say
from plexus.transforms.wire import Json, JsonObject, objects_at


def holds_foreign(body: Mapping[str, Json]) -> bool:
    """Whether a request repeats thinking that Anthropic did not sign: it answers 400 to that."""
    if not may_say(body, "messages", b"thinking"):
        return False
    answers = [said for said in objects_at(body, "messages") if said.get("role") == "assistant"]
    return any(_is_foreign(block) for answer in answers for block in objects_at(answer, "content"))


def _is_foreign(block: JsonObject) -> bool:
    kind = block.get("type")
    if kind == "thinking":
        signature = block.get("signature")
        return not signature or is_envelope(signature)
    return kind == "redacted_thinking" and is_envelope(block.get("data"))
