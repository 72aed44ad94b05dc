"""Read what a provider was asked, whichever format it speaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from plexus.transforms.wire import JsonObject
from tests.matrix import asked_chat, asked_gemini, asked_messages, asked_responses
from tests.matrix.asked import Asked

_READERS: Mapping[str, Callable[[JsonObject], Asked]] = {
    "chat": asked_chat.read,
    "responses": asked_responses.read,
    "messages": asked_messages.read,
    "gemini": asked_gemini.read,
}


def read(dialect: str, body: JsonObject) -> Asked:
    """Read a request of this dialect."""
    return _READERS[dialect](body)
