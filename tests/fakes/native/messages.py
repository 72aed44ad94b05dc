"""Replies of an Anthropic Messages provider (wire-formats.md §3)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from tests.fakes.native.shapes import (
    CALL,
    TOKENS,
    Call,
    Piece,
    Refused,
    Said,
    Stop,
    Thought,
    Tokens,
    frame,
    halves,
)

ID = "msg_fake"
SIGNATURE = "c2lnbmF0dXJl"

type Block = tuple[dict[str, object], Sequence[dict[str, object]]]  # its start, its deltas

ERRORS = {
    400: "invalid_request_error", 401: "authentication_error", 402: "billing_error",
    403: "permission_error", 404: "not_found_error", 413: "request_too_large",
    429: "rate_limit_error", 504: "timeout_error", 529: "overloaded_error",
}  # fmt: skip


def usage(tokens: Tokens) -> dict[str, object]:
    """Usage as this format counts: input without cached tokens."""
    counts: dict[str, object] = {
        "input_tokens": tokens.prompt - tokens.cached - tokens.written,
        "cache_creation_input_tokens": tokens.written,
        "cache_read_input_tokens": tokens.cached,
        "output_tokens": tokens.output,
    }
    details = {"output_tokens_details": {"thinking_tokens": tokens.reasoning}}
    return counts | details if tokens.reasoning else counts


def text(
    content: str, *, model: str = "fake", tokens: Tokens = TOKENS, thinking: str = ""
) -> dict[str, object]:
    """A whole answer."""
    blocks = [_thinking(Thought(text=thinking, seal=SIGNATURE))] if thinking else []
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
    thoughts = (Thought(text=thinking, seal=SIGNATURE),) if thinking else ()
    return answer_stream(*thoughts, Said(tuple(pieces)), model=model, tokens=tokens)


def tool_stream(*calls: Call, model: str = "fake", tokens: Tokens = TOKENS) -> list[bytes]:
    """An answer in frames that calls tools, their arguments in pieces after an empty one."""
    return answer_stream(*(calls or (CALL,)), model=model, tokens=tokens)


def answer(
    *pieces: Piece, stop: Stop = "end", model: str = "fake", tokens: Tokens = TOKENS
) -> dict[str, object]:
    """A whole answer of these pieces."""
    blocks = [_block(piece) for piece in pieces]
    return _whole(blocks, _reason(pieces, stop), model, tokens) | _details(pieces, stop)


def answer_stream(
    *pieces: Piece, stop: Stop = "end", model: str = "fake", tokens: Tokens = TOKENS
) -> list[bytes]:
    """The same in frames."""
    blocks = [(_opening(piece), _deltas(piece)) for piece in pieces]
    return _frames(blocks, _reason(pieces, stop), model, tokens, _details(pieces, stop))


def error(status: int, message: str, code: str | None = None) -> dict[str, object]:
    """The body of an error reply; `code` replaces the type that goes with the status."""
    kind = code or ERRORS.get(status, "api_error")
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_fake"}


def stream_error(message: str) -> bytes:
    """The frame of an error within a stream."""
    return frame(error(529, message), "error")


def _reason(pieces: Sequence[Piece], stop: Stop) -> str:
    if stop != "end":
        return {"length": "max_tokens", "refusal": "refusal"}[stop]
    return "tool_use" if any(isinstance(piece, Call) for piece in pieces) else "end_turn"


def _details(pieces: Sequence[Piece], stop: Stop) -> dict[str, object]:
    if stop != "refusal":
        return {}
    words = next((piece.text for piece in pieces if isinstance(piece, Refused)), None)
    return {"stop_details": {"type": "refusal", "category": None, "explanation": words}}


def _block(piece: Piece) -> dict[str, object]:
    match piece:
        case Said() | Refused():
            return {"type": "text", "text": piece.text}
        case Thought():
            return _thinking(piece)
        case Call():
            return _call(piece, json.loads(piece.arguments))


def _opening(piece: Piece) -> dict[str, object]:
    match piece:
        case Said() | Refused():
            return {"type": "text", "text": ""}
        case Thought():
            return _thinking(Thought(text=""))
        case Call():
            return _call(piece, {})


def _deltas(piece: Piece) -> list[dict[str, object]]:
    match piece:
        case Said():
            return [{"type": "text_delta", "text": words} for words in piece.pieces]
        case Refused():
            return [{"type": "text_delta", "text": piece.text}]
        case Thought():
            return [
                {"type": "thinking_delta", "thinking": piece.text},
                {"type": "signature_delta", "signature": piece.seal},
            ]
        case Call():
            fragments = ("", *halves(piece.arguments))
            return [{"type": "input_json_delta", "partial_json": text} for text in fragments]


def _thinking(thought: Thought) -> dict[str, object]:
    return {"type": "thinking", "thinking": thought.text, "signature": thought.seal}


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
    details: Mapping[str, object],
) -> list[bytes]:
    begun = {**_whole([], None, model, tokens), "usage": {**usage(tokens), "output_tokens": 1}}
    events: list[dict[str, object]] = [{"type": "message_start", "message": begun}]
    for index, (opening, deltas) in enumerate(blocks):
        events.append({"type": "content_block_start", "index": index, "content_block": opening})
        events += [{"type": "ping"}] if index == 0 else []
        events += [{"type": "content_block_delta", "index": index, "delta": d} for d in deltas]
        events.append({"type": "content_block_stop", "index": index})
    ending = {"stop_reason": stop, "stop_sequence": None, **details}
    events.append(
        {"type": "message_delta", "delta": ending, "usage": {"output_tokens": tokens.output}}
    )
    events.append({"type": "message_stop"})
    return [frame(event, str(event["type"])) for event in events]
