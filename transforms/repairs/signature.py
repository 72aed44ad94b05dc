"""Leave out thoughts whose signature the provider does not accept: another one signed them."""

from __future__ import annotations

from typing import Final

from plexus.transforms.repairs.blocks import without_blocks
from plexus.transforms.wire import JsonObject, text_at

_THOUGHTS: Final = frozenset({"thinking", "redacted_thinking"})
# "messages.1.content.0: Invalid `signature` in `thinking` block" (anthropics/claude-code#10627),
# "….thinking.signature: Field required", "each thinking block must contain a signature".
_COMPLAINTS: Final = ("invalid", "required", "must contain")
_PLACEHOLDER: Final = "[reasoning elided]"


def mend(_dialect: str, body: JsonObject, text: str) -> JsonObject | None:
    """Return the body without thoughts, if `text` says that a signature of theirs is invalid."""
    words = text.lower()
    if "signature" not in words or "thinking" not in words:
        return None
    if not any(complaint in words for complaint in _COMPLAINTS):
        return None
    return without_blocks(body, lambda block: text_at(block, "type") in _THOUGHTS, _PLACEHOLDER)
