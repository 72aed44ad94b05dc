"""Find in an input what other providers' answers have become for a Responses client."""

from __future__ import annotations

from collections.abc import Mapping

from plexus.transforms.dialects.openai_responses.ids import IN_MINTED, is_minted
from plexus.transforms.envelope import IN_ENVELOPE, is_envelope
from plexus.transforms.lazy_object import may_say
from plexus.transforms.wire import Json, objects_at, text_at


def holds_foreign(body: Mapping[str, Json]) -> bool:
    """Whether a request repeats items that OpenAI did not make and cannot find or decrypt."""
    if not may_say(body, "input", IN_MINTED, IN_ENVELOPE):
        return False
    return any(
        is_minted(text_at(item, "id") or "") or is_envelope(item.get("encrypted_content"))
        for item in objects_at(body, "input")
    )
