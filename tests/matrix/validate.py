"""Hold a request against the rules of whoever got it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from plexus.transforms.codec import Traits, as_json_object
from tests.fakes.script import Received
from tests.matrix import validate_chat, validate_gemini, validate_messages, validate_responses

# What clients of the chat format send back of an answer, beyond what OpenAI's request types have.
_REPLAYED = frozenset(
    {"reasoning", "reasoning_content", "reasoning_details", "extra_content", "annotations"}
)


# What compatible servers have beyond OpenAI.
_EXTENSIONS: Mapping[str | None, frozenset[str]] = {
    "deepseek": frozenset({"reasoning_content", "thinking"}),
}


class Recipient(Protocol):
    """Who got the request."""

    @property
    def dialect(self) -> str: ...

    @property
    def quirk(self) -> str | None: ...

    @property
    def traits(self) -> Traits: ...


def problems(recipient: Recipient, request: Received, *, native: bool) -> list[str]:
    """Return what the recipient would refuse; `native`: the client's own words, passed through."""
    body = as_json_object(request.body)
    match recipient.dialect:
        case "chat":
            extensions = _REPLAYED if native else _EXTENSIONS.get(recipient.quirk, frozenset())
            official = recipient.traits.official and not native
            return validate_chat.problems(body, official=official, extensions=extensions)
        case "responses":
            return validate_responses.problems(body)
        case "messages":
            return validate_messages.problems(body, official=recipient.traits.official)
        case _:
            return validate_gemini.problems(request.path, request.query, body, native=native)
