"""Read a whole chat completions answer."""

from __future__ import annotations

from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import ChatResponse, Choice
from plexus.transforms.wire import Json, JsonObject, count_at, object_at, objects_at, text_at

from .assistant_decode import decode_assistant
from .calls import minted_id
from .errors import error_in
from .fields import NAME
from .stops import decode_stop, has_calls, has_refusal, native
from .usage import decode_usage, usage_in

_TOP = frozenset({"id", "object", "created", "model", "choices"})
_CHOICE = frozenset({"index", "message", "delta"})


def decode_response(body: JsonObject) -> ChatResponse:
    """Read an answer; raise what it says, or `GatewayError(UPSTREAM_INVALID)` if it is none."""
    if error := error_in(body):
        raise error
    id_ = text_at(body, "id") or ""
    choices = objects_at(body, "choices")
    if not choices:
        raise GatewayError(
            Kind.UPSTREAM_INVALID, "the provider's answer has no choices", where="choices"
        )
    usage = usage_in(body)
    left = {key: value for key, value in body.items() if key not in _TOP}
    if usage is not None and "usage" in left:
        del left["usage"]
    return ChatResponse(
        id=id_,
        model=text_at(body, "model") or "",
        choices=tuple(_choice(choice, f"{id_}/{at}") for at, choice in enumerate(choices)),
        usage=None if usage is None else decode_usage(usage),
        created=count_at(body, "created"),
        ext={NAME: left},
    )


def _choice(raw: JsonObject, source: str) -> Choice:
    left = {key: value for key, value in raw.items() if key not in _CHOICE}
    if object_at(raw, "delta") is not None and "message" in raw:
        left["delta"] = raw["delta"]  # Perplexity: an echo of nothing
    message = dict(object_at(raw, "message") or object_at(raw, "delta") or {})
    message.pop("role", None)
    parts = decode_assistant(message, lambda number: minted_id(source, number))
    reason = text_at(left, "finish_reason") or ""
    stop = decode_stop(reason, calls=has_calls(parts), refused=has_refusal(parts))
    if reason and not native(reason, stop):
        del left["finish_reason"]
    return Choice(
        parts=parts,
        stop=stop,
        stop_detail=text_at(left, "native_finish_reason"),
        logprobs=_take_logprobs(left),
        ext={NAME: {**left, "message": message}},
    )


def _take_logprobs(left: JsonObject) -> Json:
    logprobs = object_at(left, "logprobs")
    if logprobs is None or not isinstance(logprobs.get("content"), list):
        return None
    others = {key: value for key, value in logprobs.items() if key != "content"}
    left["logprobs"] = others
    return logprobs["content"]
