"""Count as OpenAI does: `POST /v1/responses/input_tokens`."""

from __future__ import annotations

from plexus.transforms.counter import Behind, Counter

COUNTER: Counter = Behind(
    name="responses",
    path="/input_tokens",
    prompt=frozenset({"model", "input", "instructions", "tools"}),
    more={"object": "response.input_tokens"},
)
