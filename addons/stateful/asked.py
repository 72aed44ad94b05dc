"""Read what a Responses request says of state: what it goes on from, whether to remember it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import Json, kind_of

PREVIOUS: Final = "previous_response_id"
CONVERSATION: Final = "conversation"
STATE: Final = frozenset({PREVIOUS, CONVERSATION})
_SAID: Final = (PREVIOUS, CONVERSATION, "background")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a call goes on from; at most one of the two."""

    previous: str | None = None
    conversation: str | None = None


def says_state(body: Mapping[str, Json]) -> bool:
    """Whether there is something for `read_asked` to read."""
    return any(key in body for key in _SAID)


def wants_store(body: Mapping[str, Json]) -> bool:
    """Whether the answer is to be remembered: yes, unless the client says no."""
    return body.get("store") is not False


def read_asked(body: Mapping[str, Json]) -> Asked:
    """Return what a call goes on from; null and "" say nothing.

    Raise `GatewayError(BAD_REQUEST)` for what cannot be meant, both at once, and background calls.
    """
    if body.get("background") is True:
        raise GatewayError(
            Kind.BAD_REQUEST,
            "background responses are not supported; leave background out and wait for the answer, "
            "or stream it",
            where="background",
            code="unsupported_parameter",
        )
    previous = _text(body.get(PREVIOUS), PREVIOUS)
    conversation = _conversation(body.get(CONVERSATION))
    if previous and conversation:
        raise GatewayError(
            Kind.BAD_REQUEST,
            f"{PREVIOUS} and {CONVERSATION} cannot be used together; give one of them",
            where=PREVIOUS,
            code="mutually_exclusive_parameters",
        )
    return Asked(previous=previous, conversation=conversation)


def input_items(body: Mapping[str, Json]) -> list[Json]:
    """Return the items of `input`; a string is one message. Raise `GatewayError(BAD_REQUEST)`."""
    given = body.get("input")
    match given:
        case None:
            return []
        case str():
            return [{"type": "message", "role": "user", "content": given}]
        case list():
            return given
        case _:
            raise GatewayError(
                Kind.BAD_REQUEST,
                f"input must be a string or an array of items, not {kind_of(given)}",
                where="input",
            )


def _conversation(given: Json) -> str | None:
    if not isinstance(given, dict):
        return _text(given, CONVERSATION)
    identity = _text(given.get("id"), f"{CONVERSATION}.id")
    if identity is None:
        where = f"{CONVERSATION}.id"
        raise GatewayError(Kind.BAD_REQUEST, f"{where} is missing or empty", where=where)
    return identity


def _text(given: Json, where: str) -> str | None:
    if given is None or given == "":
        return None
    if not isinstance(given, str):
        raise GatewayError(
            Kind.BAD_REQUEST, f"{where} must be a string, not {kind_of(given)}", where=where
        )
    return given
