"""Count as Anthropic does: `POST /v1/messages/count_tokens` (wire-formats.md §3)."""

from __future__ import annotations

from plexus.transforms.counter import Behind, Counter

COUNTER: Counter = Behind(
    name="messages",
    path="/count_tokens",
    prompt=frozenset({"model", "messages", "system", "tools"}),
)
