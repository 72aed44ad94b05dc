"""Replies of an OpenAI Responses provider (wire-formats.md §2)."""

from __future__ import annotations

from collections.abc import Sequence

from tests.fakes.native.shapes import CALL, CREATED, TOKENS, Call, Tokens, frame, halves

ID = "resp_fake"
ECHO: dict[str, object] = {
    "error": None, "incomplete_details": None, "instructions": None, "metadata": {},
    "parallel_tool_calls": True, "temperature": 1.0, "tool_choice": "auto", "tools": [],
    "top_p": 1.0, "text": {"format": {"type": "text"}}, "truncation": "disabled", "store": False,
}  # fmt: skip


def usage(tokens: Tokens) -> dict[str, object]:
    """Usage as this format counts."""
    return {
        "input_tokens": tokens.prompt,
        "input_tokens_details": {"cached_tokens": tokens.cached, "cache_write_tokens": 0},
        "output_tokens": tokens.output,
        "output_tokens_details": {"reasoning_tokens": tokens.reasoning},
        "total_tokens": tokens.prompt + tokens.output,
    }


def text(
    content: str, *, model: str = "fake", tokens: Tokens = TOKENS, thinking: str = ""
) -> dict[str, object]:
    """A whole answer."""
    items = [_reasoning(thinking)] if thinking else []
    return _whole([*items, _message(content)], model, tokens)


def tools(*calls: Call, model: str = "fake", tokens: Tokens = TOKENS) -> dict[str, object]:
    """A whole answer that calls tools."""
    items = [_call(n, call, call.arguments) for n, call in enumerate(calls or (CALL,))]
    return _whole(items, model, tokens)


def stream(
    pieces: Sequence[str], *, model: str = "fake", tokens: Tokens = TOKENS, thinking: str = ""
) -> list[bytes]:
    """An answer in frames."""
    whole = text("".join(pieces), model=model, tokens=tokens, thinking=thinking)
    events = _reasoning_events(thinking) if thinking else []
    return _frames([*events, *_message_events(1 if thinking else 0, pieces)], whole)


def tool_stream(*calls: Call, model: str = "fake", tokens: Tokens = TOKENS) -> list[bytes]:
    """An answer in frames that calls tools, their arguments in two pieces each."""
    whole = tools(*calls, model=model, tokens=tokens)
    events = [event for n, call in enumerate(calls or (CALL,)) for event in _call_events(n, call)]
    return _frames(events, whole)


def error(status: int, message: str, code: str | None = None) -> dict[str, object]:
    """The body of an error reply."""
    kind = "invalid_request_error" if status < 500 else "server_error"
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def stream_error(message: str) -> bytes:
    """The frame of an error within a stream."""
    event = {"type": "error", "code": "server_error", "message": message, "param": None}
    return frame(event, "error")


def _reasoning(thinking: str) -> dict[str, object]:
    summary = [{"type": "summary_text", "text": thinking}] if thinking else []
    return {"id": "rs_fake", "type": "reasoning", "summary": summary}


def _message(content: str, status: str = "completed") -> dict[str, object]:
    parts = [_part(content)] if status == "completed" else []
    return {
        "id": "msg_fake",
        "type": "message",
        "role": "assistant",
        "status": status,
        "content": parts,
    }


def _part(content: str) -> dict[str, object]:
    return {"type": "output_text", "text": content, "annotations": [], "logprobs": []}


def _call(number: int, call: Call, arguments: str) -> dict[str, object]:
    return {
        "id": f"fc_fake{number}",
        "type": "function_call",
        "call_id": call.id,
        "name": call.name,
        "arguments": arguments,
        "status": "completed" if arguments else "in_progress",
    }


def _whole(items: list[dict[str, object]], model: str, tokens: Tokens) -> dict[str, object]:
    return {
        "id": ID,
        "object": "response",
        "created_at": CREATED,
        "status": "completed",
        "model": model,
        "output": items,
        "usage": usage(tokens),
        **ECHO,
    }


def _reasoning_events(thinking: str) -> list[dict[str, object]]:
    at: dict[str, object] = {"item_id": "rs_fake", "output_index": 0, "summary_index": 0}
    part = {"type": "summary_text", "text": thinking}
    summary = "response.reasoning_summary_"
    return [
        {"type": "response.output_item.added", "output_index": 0, "item": _reasoning("")},
        {"type": summary + "part.added", **at, "part": {"type": "summary_text", "text": ""}},
        {"type": summary + "text.delta", **at, "delta": thinking},
        {"type": summary + "text.done", **at, "text": thinking},
        {"type": summary + "part.done", **at, "part": part},
        {"type": "response.output_item.done", "output_index": 0, "item": _reasoning(thinking)},
    ]


def _message_events(index: int, pieces: Sequence[str]) -> list[dict[str, object]]:
    at: dict[str, object] = {"item_id": "msg_fake", "output_index": index, "content_index": 0}
    content = "".join(pieces)
    begun = _message("", "in_progress")
    return [
        {"type": "response.output_item.added", "output_index": index, "item": begun},
        {"type": "response.content_part.added", **at, "part": _part("")},
        *({"type": "response.output_text.delta", **at, "delta": p, "logprobs": []} for p in pieces),
        {"type": "response.output_text.done", **at, "text": content, "logprobs": []},
        {"type": "response.content_part.done", **at, "part": _part(content)},
        {"type": "response.output_item.done", "output_index": index, "item": _message(content)},
    ]


def _call_events(index: int, call: Call) -> list[dict[str, object]]:
    at: dict[str, object] = {"item_id": f"fc_fake{index}", "output_index": index}
    arguments = "response.function_call_arguments."
    done = {"output_index": index, "item": _call(index, call, call.arguments)}
    return [
        {
            "type": "response.output_item.added",
            "output_index": index,
            "item": _call(index, call, ""),
        },
        *({"type": arguments + "delta", **at, "delta": p} for p in halves(call.arguments)),
        {"type": arguments + "done", **at, "arguments": call.arguments},
        {"type": "response.output_item.done", **done},
    ]


def _frames(events: Sequence[dict[str, object]], whole: dict[str, object]) -> list[bytes]:
    begun = {**whole, "status": "in_progress", "output": [], "usage": None}
    every: list[dict[str, object]] = [
        {"type": "response.created", "response": begun},
        {"type": "response.in_progress", "response": begun},
        *events,
        {"type": "response.completed", "response": whole},
    ]
    return [
        frame({**event, "sequence_number": number}, str(event["type"]))
        for number, event in enumerate(every)
    ]
