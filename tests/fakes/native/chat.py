"""Replies of an OpenAI-compatible Chat Completions provider (wire-formats.md §1)."""

from __future__ import annotations

from collections.abc import Sequence

from tests.fakes.native.shapes import (
    CALL,
    CREATED,
    TOKENS,
    Call,
    Piece,
    Refused,
    Said,
    Stop,
    Thought,
    Tokens,
    frame,
)

ID = "chatcmpl-fake"
SEALED_BY = "anthropic-claude-v1"  # OpenRouter's name for the family that signed a thought
DONE = frame("[DONE]")


def usage(tokens: Tokens) -> dict[str, object]:
    """Usage as this format counts."""
    prompt: dict[str, object] = {"cached_tokens": tokens.cached}
    prompt |= {"cache_write_tokens": tokens.written} if tokens.written else {}
    return {
        "prompt_tokens": tokens.prompt,
        "completion_tokens": tokens.output,
        "total_tokens": tokens.prompt + tokens.output,
        "prompt_tokens_details": prompt,
        "completion_tokens_details": {"reasoning_tokens": tokens.reasoning},
    }


def text(
    content: str, *, model: str = "fake", tokens: Tokens = TOKENS, thinking: str = ""
) -> dict[str, object]:
    """A whole answer."""
    message = {"role": "assistant", "content": content, "refusal": None}
    return _whole(message | _reasoning(thinking), "stop", model, tokens)


def tools(*calls: Call, model: str = "fake", tokens: Tokens = TOKENS) -> dict[str, object]:
    """A whole answer that calls tools."""
    message: dict[str, object] = {
        "role": "assistant",
        "content": None,
        "tool_calls": [_call(call) for call in calls or (CALL,)],
    }
    return _whole(message, "tool_calls", model, tokens)


def stream(
    pieces: Sequence[str],
    *,
    model: str = "fake",
    tokens: Tokens | None = TOKENS,
    thinking: str = "",
) -> list[bytes]:
    """An answer in frames; without `tokens`, without the usage frame."""
    deltas: list[dict[str, object]] = [{"role": "assistant", "content": "", "refusal": None}]
    deltas += [_reasoning(thinking)] if thinking else []
    deltas += [{"content": piece} for piece in pieces]
    return _frames(deltas, "stop", model, tokens)


def tool_stream(*calls: Call, model: str = "fake", tokens: Tokens | None = TOKENS) -> list[bytes]:
    """An answer in frames that calls tools, their arguments in two pieces each."""
    deltas: list[dict[str, object]] = [{"role": "assistant", "content": None}]
    for index, call in enumerate(calls or (CALL,)):
        deltas += _call_deltas(index, call)
    return _frames(deltas, "tool_calls", model, tokens)


def answer(
    *pieces: Piece, stop: Stop = "end", model: str = "fake", tokens: Tokens = TOKENS
) -> dict[str, object]:
    """A whole answer of these pieces."""
    message: dict[str, object] = {"role": "assistant", "content": None, "refusal": None}
    calls = [piece for piece in pieces if isinstance(piece, Call)]
    for piece in pieces:
        match piece:
            case Said():
                message["content"] = piece.text
            case Refused():
                message["refusal"] = piece.text
            case Thought():
                message |= _thought(piece)
            case Call():
                message["tool_calls"] = [_call(call) for call in calls]
    return _whole(message, _finish(pieces, stop), model, tokens)


def answer_stream(
    *pieces: Piece, stop: Stop = "end", model: str = "fake", tokens: Tokens = TOKENS
) -> list[bytes]:
    """The same in frames."""
    deltas: list[dict[str, object]] = [{"role": "assistant", "content": ""}]
    calls = [piece for piece in pieces if isinstance(piece, Call)]
    for piece in pieces:
        match piece:
            case Said():
                deltas += [{"content": words} for words in piece.pieces]
            case Refused():
                deltas.append({"refusal": piece.text})
            case Thought():
                deltas += _thought_deltas(piece)
            case Call():
                deltas += _call_deltas(calls.index(piece), piece)
    return _frames(deltas, _finish(pieces, stop), model, tokens)


def error(status: int, message: str, code: str | None = None) -> dict[str, object]:
    """The body of an error reply."""
    kind = {401: "invalid_request_error", 429: "rate_limit_exceeded"}.get(
        status, "invalid_request_error" if status < 500 else "server_error"
    )
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def stream_error(message: str) -> bytes:
    """The frame of an error within a stream."""
    return frame(error(500, message))


def _reasoning(thinking: str) -> dict[str, object]:
    return {"reasoning_content": thinking} if thinking else {}


def _thought(thought: Thought) -> dict[str, object]:
    """DeepSeek's way without a seal, OpenRouter's with one."""
    if not thought.seal:
        return _reasoning(thought.text)
    detail = {**_detail("text", thought.text), "signature": thought.seal}
    return {"reasoning": thought.text, "reasoning_details": [detail]}


def _thought_deltas(thought: Thought) -> list[dict[str, object]]:
    if not thought.seal:
        return [_reasoning(thought.text)]
    told = [_detail("text", thought.text)]
    return [
        {"reasoning": thought.text, "reasoning_details": told},
        {"reasoning_details": [_detail("signature", thought.seal)]},
    ]


def _detail(key: str, value: str) -> dict[str, object]:
    return {"type": "reasoning.text", key: value, "format": SEALED_BY, "index": 0}


def _finish(pieces: Sequence[Piece], stop: Stop) -> str:
    if stop == "length":
        return "length"
    return "tool_calls" if any(isinstance(piece, Call) for piece in pieces) else "stop"


def _call_deltas(index: int, call: Call) -> list[dict[str, object]]:
    middle = len(call.arguments) // 2
    kind, key = _kind(call)
    opening = {**_call(call), "index": index, kind: {"name": call.name, key: ""}}
    pieces = (call.arguments[:middle], call.arguments[middle:])
    return [
        {"tool_calls": [opening]},
        *({"tool_calls": [{"index": index, kind: {key: piece}}]} for piece in pieces),
    ]


def _kind(call: Call) -> tuple[str, str]:
    return ("custom", "input") if call.custom else ("function", "arguments")


def _call(call: Call) -> dict[str, object]:
    kind, key = _kind(call)
    return {"id": call.id, "type": kind, kind: {"name": call.name, key: call.arguments}}


def _whole(
    message: dict[str, object], finish: str, model: str, tokens: Tokens
) -> dict[str, object]:
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}
    return {
        "id": ID,
        "object": "chat.completion",
        "created": CREATED,
        "model": model,
        "choices": [choice],
        "usage": usage(tokens),
        "system_fingerprint": "fp_fake",
    }


def _frames(
    deltas: Sequence[dict[str, object]], finish: str, model: str, tokens: Tokens | None
) -> list[bytes]:
    head: dict[str, object] = {
        "id": ID,
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": model,
    }
    states: list[tuple[dict[str, object], str | None]] = [(delta, None) for delta in deltas]
    frames = [
        frame({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": state}]})
        for delta, state in [*states, ({}, finish)]
    ]
    if tokens is not None:
        frames.append(frame({**head, "choices": [], "usage": usage(tokens)}))
    return [*frames, DONE]
