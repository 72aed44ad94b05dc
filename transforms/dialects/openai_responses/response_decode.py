"""Read a provider's whole answer (wire-formats.md §2.2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from plexus.transforms.dialects.openai_responses.errors import failure
from plexus.transforms.dialects.openai_responses.items_decode import decode_item
from plexus.transforms.dialects.openai_responses.origin import NAME, part_of
from plexus.transforms.dialects.openai_responses.stops import (
    decode_finish,
    has_call,
    has_refusal,
)
from plexus.transforms.dialects.openai_responses.usage import decode_usage
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import ChatResponse, Choice, Part, Text
from plexus.transforms.wire import Json, JsonObject, count_at, list_at, object_at, rest, text_at

_KNOWN: Final = frozenset(
    {"id", "object", "created_at", "model", "status", "error", "incomplete_details", "output"}
    | {"usage"}
)


def decode_response(body: JsonObject) -> ChatResponse:
    """Return the answer. Raise `GatewayError` for a failed response and for what is none."""
    raise_failed(body)
    if not isinstance(body.get("output"), list):
        raise GatewayError(
            Kind.UPSTREAM_INVALID, "the provider's reply has no output", where="output"
        )
    items = [item for item in list_at(body, "output") if isinstance(item, dict)]
    parts = tuple(part for item in items for part in decode_item(item))
    finish = decode_finish(body, called=has_call(parts), refused=has_refusal(parts))
    choice = Choice(
        parts=parts,
        stop=finish.stop,
        stop_detail=finish.stop_detail,
        logprobs=_logprobs(parts),
        ext=finish.ext,
    )
    return ChatResponse(
        id=text_at(body, "id") or "",
        model=text_at(body, "model") or "",
        choices=(choice,),
        usage=decode_usage(body.get("usage")),
        created=count_at(body, "created_at"),
        ext={NAME: response_fields(body)},
    )


def raise_failed(response: JsonObject) -> None:
    """Raise the error that a failed response tells of."""
    error = object_at(response, "error")
    if response.get("status") == "failed" or (error is not None and "output" not in response):
        raise failure(error or {})


def response_fields(response: JsonObject) -> JsonObject:
    """Return what a response object says beyond the IR: mostly echoes of the request."""
    kept = rest(response, _KNOWN)
    if response.get("object") not in (None, "response"):
        kept["object"] = response["object"]
    return kept


def _logprobs(parts: Iterable[Part]) -> Json:
    found: list[Json] = []
    for part in parts:
        if isinstance(part, Text):
            found += list_at(part_of(part.ext), "logprobs")
    return found or None
