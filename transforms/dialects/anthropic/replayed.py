"""Find in a history what other providers' answers have become for a Messages client."""

from __future__ import annotations

from plexus.transforms.envelope import is_envelope
from plexus.transforms.wire import JsonObject, objects_at


def holds_foreign(body: JsonObject) -> bool:
    """Whether a request repeats thinking that Anthropic did not sign: it answers 400 to that."""
    return any(
        _is_foreign(block)
        for message in objects_at(body, "messages")
        if message.get("role") == "assistant"
        for block in objects_at(message, "content")
    )


def _is_foreign(block: JsonObject) -> bool:
    match block.get("type"):
        case "thinking":
            signature = block.get("signature")
            return not signature or is_envelope(signature)
        case "redacted_thinking":
            return is_envelope(block.get("data"))
        case _:
            return False
