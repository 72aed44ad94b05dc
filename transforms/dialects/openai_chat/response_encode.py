"""Write a whole chat completions answer for a client."""

from __future__ import annotations

from collections.abc import Sequence

from plexus.transforms.codec import Receipt
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import ChatRequest, ChatResponse, Choice, Stop
from plexus.transforms.wire import JsonObject, object_at

from .answer import Client, encode_answer
from .fields import NAME, is_own, overlay, own
from .stops import encode_stop, has_calls, has_refusal
from .usage import encode_usage

MALFORMED_CODE = "upstream_malformed_function_call"


def encode_response(
    response: ChatResponse, request: ChatRequest | None, receipt: Receipt
) -> JsonObject:
    """Write an answer. Raise `GatewayError` for one that is nothing but an unreadable tool call."""
    client = Client.of(request)
    body: JsonObject = {
        "id": wire_id(response.id, own_kind=is_own(response.ext)),
        "object": "chat.completion",
        "created": response.created or 0,
        "model": response.model or (request.model if request is not None else ""),
        "choices": [
            _choice(choice, number, client, receipt)
            for number, choice in enumerate(response.choices)
        ],
    }
    if response.usage is not None:
        body["usage"] = encode_usage(response.usage)
    return overlay(body, {**_late(response.choices), **own(response.ext)})


def wire_id(id_: str, *, own_kind: bool) -> str:
    """Return an answer's id in OpenAI's form: other vendors' get its prefix."""
    if own_kind and id_:
        return id_
    return id_ if id_.startswith("chatcmpl-") else f"chatcmpl-{id_ or 'plexus'}"


def malformed() -> GatewayError:
    """Return what a client is told of a tool call that nobody can read (dataplane.md §3.7)."""
    return GatewayError(
        Kind.OVERLOADED, "the model wrote a tool call that cannot be read", code=MALFORMED_CODE
    )


def _late(choices: Sequence[Choice]) -> JsonObject:
    # What the later chunks of a stream said about the whole answer.
    late: JsonObject = {}
    for choice in choices:
        late |= object_at(own(choice.ext), "response") or {}
    return late


def _choice(choice: Choice, number: int, client: Client, receipt: Receipt) -> JsonObject:
    if choice.stop is Stop.MALFORMED and not choice.parts:
        raise malformed()
    left = {k: v for k, v in own(choice.ext).items() if k not in ("message", "response")}
    path = f"choices[{number}]"
    message = encode_answer(choice, path, client, receipt)
    finish = encode_stop(
        choice.stop,
        choice.ext,
        calls=has_calls(choice.parts),
        refused=has_refusal(choice.parts),
    )
    if finish == "tool_calls" and client.legacy:
        finish = "function_call"
    known: JsonObject = {"index": number, "message": message, "finish_reason": finish}
    if choice.logprobs is not None:
        others = object_at(choice.ext.get(NAME, {}), "logprobs") or {}
        known["logprobs"] = {"content": choice.logprobs, **others}
    return overlay(known, left)
