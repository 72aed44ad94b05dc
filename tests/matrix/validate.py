"""Hold a request against the rules of whoever got it."""

from __future__ import annotations

from typing import Protocol

from plexus.transforms.codec import as_json_object
from tests.fakes.script import Received
from tests.matrix import validate_chat, validate_gemini, validate_messages, validate_responses

# What clients of the chat format send back of an answer, beyond what OpenAI's request types have.
_REPLAYED = frozenset(
    {"reasoning", "reasoning_content", "reasoning_details", "extra_content", "annotations"}
)


class Recipient(Protocol):
    """Who got the request."""

    @property
    def dialect(self) -> str: ...

    @property
    def quirk(self) -> str | None: ...

    @property
    def official(self) -> bool: ...


def problems(recipient: Recipient, request: Received, *, native: bool) -> list[str]:
    """Return what the recipient would refuse; `native`: the client's own words, passed through."""
    body = as_json_object(request.body)
    match recipient.dialect:
        case "chat":
            deepseek = {"reasoning_content"} if recipient.quirk == "deepseek" else set()
            extensions = _REPLAYED if native else frozenset(deepseek)
            return validate_chat.problems(
                body, official=recipient.official and not native, extensions=extensions
            )
        case "responses":
            return validate_responses.problems(body)
        case "messages":
            return validate_messages.problems(body, official=recipient.official)
        case _:
            return validate_gemini.problems(request.path, request.query, body, native=native)
