"""Replies of an OpenAI-compatible Chat Completions provider (wire-formats.md §1)."""

from __future__ import annotations

from collections.abc import Sequence

from tests.fakes.native.shapes import CALL, CREATED, TOKENS, Call, Tokens, frame

ID = "chatcmpl-fake"
DONE = frame("[DONE]")


def usage(tokens: Tokens) -> dict[str, object]:
    """Usage as this format counts."""
    return {
        "prompt_tokens": tokens.prompt,
        "completion_tokens": tokens.output,
        "total_tokens": tokens.prompt + tokens.output,
        "prompt_tokens_details": {"cached_tokens": tokens.cached},
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
        middle = len(call.arguments) // 2
        opening = {**_call(call), "index": index}
        opening["function"] = {"name": call.name, "arguments": ""}
        deltas.append({"tool_calls": [opening]})
        deltas += [
            {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}
            for piece in (call.arguments[:middle], call.arguments[middle:])
        ]
    return _frames(deltas, "tool_calls", model, tokens)


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


def _call(call: Call) -> dict[str, object]:
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    }


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
