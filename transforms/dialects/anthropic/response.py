"""Whole answers, in and out."""

from __future__ import annotations

from typing import Final

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.anthropic.answer_encode import carrier, encode_part
from plexus.transforms.dialects.anthropic.content_decode import decode_block
from plexus.transforms.dialects.anthropic.errors import error_in
from plexus.transforms.dialects.anthropic.identity import (
    as_ext,
    clients_name,
    message_id,
    own,
)
from plexus.transforms.dialects.anthropic.stops import (
    ENDING,
    decode_end,
    encode_end,
    ending_of,
)
from plexus.transforms.dialects.anthropic.usage import decode_usage, encode_usage
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import (
    ChatRequest,
    ChatResponse,
    Choice,
    Part,
    Refusal,
    Stop,
    Text,
    ToolCall,
)
from plexus.transforms.wire import Json, JsonObject, kind_of, rest, text_at

_KNOWN: Final = ENDING | {"id", "type", "role", "model", "content", "usage"}


def decode_response(body: JsonObject) -> ChatResponse:
    """Read a provider's answer. Raise `GatewayError`: its error, or that it is no answer."""
    error = error_in(body)
    if error is not None:
        raise error
    end = decode_end(ending_of(body))
    choice = Choice(
        parts=_parts(body.get("content")),
        stop=end.stop,
        stop_sequence=end.stop_sequence,
        stop_detail=end.stop_detail,
        ext=end.ext,
    )
    return ChatResponse(
        id=text_at(body, "id") or "",
        model=text_at(body, "model") or "",
        choices=(choice,),
        usage=decode_usage(body.get("usage")),
        ext=as_ext(extra_fields(body)),
    )


def extra_fields(message: JsonObject) -> JsonObject:
    """Return what a message says beyond what we read of it; absent and null are the same."""
    return {key: value for key, value in rest(message, _KNOWN).items() if value is not None}


def _parts(content: Json) -> tuple[Part, ...]:
    if isinstance(content, str):
        return (Text(text=content),)
    if not isinstance(content, list):
        raise GatewayError(
            Kind.UPSTREAM_INVALID,
            f"the provider's answer has {kind_of(content)} where its content should be",
            where="content",
        )
    return tuple(decode_block(item) for item in content if isinstance(item, dict))


def encode_response(
    response: ChatResponse, request: ChatRequest | None, receipt: Receipt
) -> JsonObject:
    """Write an answer for an Anthropic client, its tools named as `request` names them.

    Raise `GatewayError(UPSTREAM_INVALID)` for one that holds nothing but a call nobody can read:
    an empty turn would look like a success (wire-formats.md §10, 70).
    """
    for number in range(1, len(response.choices)):
        receipt.dropped(f"choices[{number}]", "Anthropic's answers are single")
    choice = response.choices[0] if response.choices else Choice()
    content = _content(response, choice, request, receipt)
    if choice.stop is Stop.MALFORMED and not content:
        raise unreadable_call(choice.stop_detail)
    if choice.logprobs is not None:
        receipt.dropped("logprobs", "Anthropic has none")
    return {
        "id": message_id(response.id),
        "type": "message",
        "role": "assistant",
        "model": response.model,
        "content": [*content],
        **own(response.ext),
        **encode_end(
            choice,
            called=any(isinstance(part, ToolCall) for part in choice.parts),
            refused=any(isinstance(part, Refusal) for part in choice.parts),
        ),
        "usage": encode_usage(response.usage),
    }


def _content(
    response: ChatResponse, choice: Choice, request: ChatRequest | None, receipt: Receipt
) -> list[JsonObject]:
    content: list[JsonObject] = []
    for number, given in enumerate(choice.parts):
        part = clients_name(given, request) if isinstance(given, ToolCall) else given
        block = encode_part(part, f"parts[{number}]", response.id, number, receipt)
        if isinstance(part, ToolCall) and (seal := carrier(part.seal, str(block["id"]))):
            content.append(seal)
        if block:
            content.append(block)
    return content


def unreadable_call(detail: str | None) -> GatewayError:
    """Return the error for a model that wrote a tool call which cannot be read."""
    words = f": {detail}" if detail else ""
    return GatewayError(
        Kind.UPSTREAM_INVALID, f"the model wrote a tool call that cannot be read{words}"
    )
