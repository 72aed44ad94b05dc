"""Replies of an Anthropic Messages provider (wire-formats.md §3)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from tests.fakes.native.shapes import CALL, TOKENS, Call, Tokens, frame, halves

ID = "msg_fake"

type Block = tuple[dict[str, object], Sequence[Mapping[str, object]]]  # its start, its deltas

ERRORS = {
    400: "invalid_request_error", 401: "authentication_error", 402: "billing_error",
    403: "permission_error", 404: "not_found_error", 413: "request_too_large",
    429: "rate_limit_error", 504: "timeout_error", 529: "overloaded_error",
}  # fmt: skip


def usage(tokens: Tokens) -> dict[str, object]:
    """Usage as this format counts: input without cached tokens."""
    return {
        "input_tokens": tokens.prompt - tokens.cached,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": tokens.cached,
        "output_tokens": tokens.output,
    }


def text(
    content: str, *, model: str = "fake", tokens: Tokens = TOKENS, thinking: str = ""
) -> dict[str, object]:
    """A whole answer."""
    blocks = [_thinking(thinking)] if thinking else []
    blocks.append({"type": "text", "text": content})
    return _whole(blocks, "end_turn", model, tokens)


def tools(*calls: Call, model: str = "fake", tokens: Tokens = TOKENS) -> dict[str, object]:
    """A whole answer that calls tools."""
    blocks = [_call(call, json.loads(call.arguments)) for call in calls or (CALL,)]
    return _whole(blocks, "tool_use", model, tokens)


def stream(
    pieces: Sequence[str], *, model: str = "fake", tokens: Tokens = TOKENS, thinking: str = ""
) -> list[bytes]:
    """An answer in frames."""
    blocks: list[Block] = []
    if thinking:
        deltas = [
            {"type": "thinking_delta", "thinking": thinking},
            {"type": "signature_delta", "signature": "c2lnbmF0dXJl"},
        ]
        blocks.append(({"type": "thinking", "thinking": "", "signature": ""}, deltas))
    blocks.append(
        ({"type": "text", "text": ""}, [{"type": "text_delta", "text": p} for p in pieces])
    )
    return _frames(blocks, "end_turn", model, tokens)


def tool_stream(*calls: Call, model: str = "fake", tokens: Tokens = TOKENS) -> list[bytes]:
    """An answer in frames that calls tools, their arguments in pieces after an empty one."""
    blocks: list[Block] = [
        (
            _call(call, {}),
            [
                {"type": "input_json_delta", "partial_json": piece}
                for piece in ("", *halves(call.arguments))
            ],
        )
        for call in calls or (CALL,)
    ]
    return _frames(blocks, "tool_use", model, tokens)


def error(status: int, message: str, code: str | None = None) -> dict[str, object]:
    """The body of an error reply; `code` replaces the type that goes with the status."""
    kind = code or ERRORS.get(status, "api_error")
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_fake"}


def stream_error(message: str) -> bytes:
    """The frame of an error within a stream."""
    return frame(error(529, message), "error")


def _thinking(thinking: str) -> dict[str, object]:
    return {"type": "thinking", "thinking": thinking, "signature": "c2lnbmF0dXJl"}


def _call(call: Call, arguments: object) -> dict[str, object]:
    return {"type": "tool_use", "id": call.id, "name": call.name, "input": arguments}


def _whole(
    blocks: list[dict[str, object]], stop: str | None, model: str, tokens: Tokens
) -> dict[str, object]:
    return {
        "id": ID,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": blocks,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": usage(tokens),
    }


def _frames(
    blocks: Sequence[Block],
    stop: str,
    model: str,
    tokens: Tokens,
) -> list[bytes]:
    begun = {**_whole([], None, model, tokens), "usage": {**usage(tokens), "output_tokens": 1}}
    events: list[dict[str, object]] = [{"type": "message_start", "message": begun}]
    for index, (opening, deltas) in enumerate(blocks):
        events.append({"type": "content_block_start", "index": index, "content_block": opening})
        events += [{"type": "ping"}] if index == 0 else []
        events += [{"type": "content_block_delta", "index": index, "delta": d} for d in deltas]
        events.append({"type": "content_block_stop", "index": index})
    ending = {"stop_reason": stop, "stop_sequence": None}
    events.append(
        {"type": "message_delta", "delta": ending, "usage": {"output_tokens": tokens.output}}
    )
    events.append({"type": "message_stop"})
    return [frame(event, str(event["type"])) for event in events]
