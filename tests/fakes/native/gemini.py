"""Replies of a Gemini provider (wire-formats.md §4)."""

from __future__ import annotations

import json
from collections.abc import Sequence

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
    compact,
)

SIGNATURE = "c2lnbmF0dXJl"
STATUSES = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED",
}  # fmt: skip


def usage(tokens: Tokens) -> dict[str, object]:
    """Usage as this format counts: candidates without thoughts."""
    counts: dict[str, object] = {
        "promptTokenCount": tokens.prompt,
        "candidatesTokenCount": tokens.output - tokens.reasoning,
        "totalTokenCount": tokens.prompt + tokens.output,
    }
    counts |= {"cachedContentTokenCount": tokens.cached} if tokens.cached else {}
    counts |= {"thoughtsTokenCount": tokens.reasoning} if tokens.reasoning else {}
    return counts


def text(
    content: str, *, model: str = "fake", tokens: Tokens = TOKENS, thinking: str = ""
) -> dict[str, object]:
    """A whole answer."""
    parts: list[dict[str, object]] = [*_thoughts(thinking), {"text": content}]
    return _chunk(parts, model, usage(tokens), finish="STOP")


def tools(*calls: Call, model: str = "fake", tokens: Tokens = TOKENS) -> dict[str, object]:
    """A whole answer that calls tools; as on the real wire, it stops with STOP."""
    return _chunk(_calls(calls), model, usage(tokens), finish="STOP")


def stream(
    pieces: Sequence[str], *, model: str = "fake", tokens: Tokens = TOKENS, thinking: str = ""
) -> list[bytes]:
    """An answer in frames."""
    parts = _thoughts(thinking)
    for piece in pieces:
        parts.append({"text": piece})
    return _frames(parts, model, tokens)


def tool_stream(*calls: Call, model: str = "fake", tokens: Tokens = TOKENS) -> list[bytes]:
    """An answer in frames that calls tools, each whole in its frame."""
    return _frames(_calls(calls), model, tokens)


def answer(
    *pieces: Piece, stop: Stop = "end", model: str = "fake", tokens: Tokens = TOKENS
) -> dict[str, object]:
    """A whole answer of these pieces; what is refused is not said."""
    parts = [part for piece in pieces for part in _parts(piece, whole=True)]
    return _chunk(parts, model, usage(tokens), finish=_FINISH[stop])


def answer_stream(
    *pieces: Piece, stop: Stop = "end", model: str = "fake", tokens: Tokens = TOKENS
) -> list[bytes]:
    """The same in frames."""
    parts = [part for piece in pieces for part in _parts(piece, whole=False)]
    return _frames(parts, model, tokens, finish=_FINISH[stop])


def array(frames: Sequence[bytes]) -> list[bytes]:
    """The same stream as without `alt=sse`: one JSON array, sent bit by bit."""
    chunks = [frame.removeprefix(b"data: ").strip() for frame in frames]
    return [b"[", *(b",\r\n" + chunk if n else chunk for n, chunk in enumerate(chunks)), b"]"]


def error(status: int, message: str, code: str | None = None) -> dict[str, object]:
    """The body of an error reply; `code` becomes the reason in the details."""
    body: dict[str, object] = {
        "code": status,
        "message": message,
        "status": STATUSES.get(status, "UNKNOWN"),
    }
    if code:
        info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": code}
        body["details"] = [info]
    return {"error": body}


def stream_error(message: str) -> bytes:
    """The frame of an error within a stream."""
    return _frame(error(503, message))


_FINISH: dict[Stop, str] = {"end": "STOP", "length": "MAX_TOKENS", "refusal": "SAFETY"}


def _parts(piece: Piece, *, whole: bool) -> list[dict[str, object]]:
    match piece:
        case Said():
            return [{"text": words} for words in ((piece.text,) if whole else piece.pieces)]
        case Refused():
            return []
        case Thought():
            return [{"text": piece.text, "thought": True, **_signed(piece.seal)}]
        case Call():
            return [{"functionCall": _call(piece), **_signed(piece.seal)}]


def _signed(seal: str) -> dict[str, object]:
    return {"thoughtSignature": seal} if seal else {}


def _call(call: Call) -> dict[str, object]:
    return {"name": call.name, "args": json.loads(call.arguments)}


def _thoughts(thinking: str) -> list[dict[str, object]]:
    return [{"text": thinking, "thought": True}] if thinking else []


def _calls(calls: Sequence[Call]) -> list[dict[str, object]]:
    parts: list[dict[str, object]] = [{"functionCall": _call(call)} for call in calls or (CALL,)]
    parts[0]["thoughtSignature"] = SIGNATURE  # the first of a batch alone is signed
    return parts


def _chunk(
    parts: Sequence[dict[str, object]],
    model: str,
    counts: dict[str, object],
    *,
    finish: str | None = None,
) -> dict[str, object]:
    candidate: dict[str, object] = {
        "content": {"parts": list(parts), "role": "model"},
        "index": 0,
    }
    candidate |= {"finishReason": finish} if finish else {}
    return {
        "candidates": [candidate],
        "usageMetadata": counts,
        "modelVersion": model,
        "responseId": "fake",
    }


def _frames(
    parts: Sequence[dict[str, object]], model: str, tokens: Tokens, *, finish: str = "STOP"
) -> list[bytes]:
    early: dict[str, object] = {
        "promptTokenCount": tokens.prompt,
        "totalTokenCount": tokens.prompt,
    }
    frames = [_frame(_chunk([part], model, early)) for part in parts]
    return [*frames, _frame(_chunk([{"text": ""}], model, usage(tokens), finish=finish))]


def _frame(data: object) -> bytes:
    return f"data: {compact(data)}\r\n\r\n".encode()
