"""Find in an input what other providers' answers have become for a Responses client."""

from __future__ import annotations

from plexus.transforms.dialects.openai_responses.ids import is_minted
from plexus.transforms.envelope import is_envelope
from plexus.transforms.wire import JsonObject, objects_at, text_at


def holds_foreign(body: JsonObject) -> bool:
    """Whether a request repeats items that OpenAI did not make and cannot find or decrypt."""
    return any(
        is_minted(text_at(item, "id") or "") or is_envelope(item.get("encrypted_content"))
        for item in objects_at(body, "input")
    )
