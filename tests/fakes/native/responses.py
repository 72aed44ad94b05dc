"""Replies of an OpenAI Responses provider (wire-formats.md §2)."""

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
    halves,
)

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
        "input_tokens_details": {
            "cached_tokens": tokens.cached,
            "cache_write_tokens": tokens.written,
        },
        "output_tokens": tokens.output,
        "output_tokens_details": {"reasoning_tokens": tokens.reasoning},
        "total_tokens": tokens.prompt + tokens.output,
    }


def text(
    content: str, *, model: str = "fake", tokens: Tokens = TOKENS, thinking: str = ""
) -> dict[str, object]:
    """A whole answer."""
    return answer(*_thoughts(thinking), Said((content,)), model=model, tokens=tokens)


def tools(*calls: Call, model: str = "fake", tokens: Tokens = TOKENS) -> dict[str, object]:
    """A whole answer that calls tools."""
    return answer(*(calls or (CALL,)), model=model, tokens=tokens)


def stream(
    pieces: Sequence[str], *, model: str = "fake", tokens: Tokens = TOKENS, thinking: str = ""
) -> list[bytes]:
    """An answer in frames."""
    return answer_stream(*_thoughts(thinking), Said(tuple(pieces)), model=model, tokens=tokens)


def tool_stream(*calls: Call, model: str = "fake", tokens: Tokens = TOKENS) -> list[bytes]:
    """An answer in frames that calls tools, their arguments in two pieces each."""
    return answer_stream(*(calls or (CALL,)), model=model, tokens=tokens)


def answer(
    *pieces: Piece, stop: Stop = "end", model: str = "fake", tokens: Tokens = TOKENS
) -> dict[str, object]:
    """A whole answer of these pieces; what is cut off ends within its last item."""
    items = [_item(number, piece) for number, piece in enumerate(pieces)]
    whole = _whole(items, model, tokens)
    if stop != "length":
        return whole
    cut = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    return {**whole, **cut, "output": [*items[:-1], {**items[-1], "status": "incomplete"}]}


def answer_stream(
    *pieces: Piece, stop: Stop = "end", model: str = "fake", tokens: Tokens = TOKENS
) -> list[bytes]:
    """The same in frames."""
    whole = answer(*pieces, stop=stop, model=model, tokens=tokens)
    events = [event for number, piece in enumerate(pieces) for event in _events(number, piece)]
    return _frames(events, whole)


def error(status: int, message: str, code: str | None = None) -> dict[str, object]:
    """The body of an error reply."""
    kind = "invalid_request_error" if status < 500 else "server_error"
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def stream_error(message: str) -> bytes:
    """The frame of an error within a stream."""
    event = {"type": "error", "code": "server_error", "message": message, "param": None}
    return frame(event, "error")


def _thoughts(thinking: str) -> tuple[Thought, ...]:
    return (Thought(text=thinking),) if thinking else ()


def _item(number: int, piece: Piece) -> dict[str, object]:
    match piece:
        case Said() | Refused():
            return _message(number, piece)
        case Thought():
            return _reasoning(piece)
        case Call():
            return _call(number, piece, piece.arguments)


def _events(number: int, piece: Piece) -> list[dict[str, object]]:
    match piece:
        case Said():
            return _message_events(number, piece)
        case Refused():
            return _refusal_events(number, piece)
        case Thought():
            return _reasoning_events(number, piece)
        case Call():
            return _call_events(number, piece)


def _reasoning(thought: Thought) -> dict[str, object]:
    summary = [{"type": "summary_text", "text": thought.text}] if thought.text else []
    item: dict[str, object] = {"id": "rs_fake", "type": "reasoning", "summary": summary}
    return {**item, "encrypted_content": thought.seal} if thought.seal else item


def _message(number: int, said: Said | Refused, *, status: str = "completed") -> dict[str, object]:
    return {
        "id": f"msg_fake{number}",
        "type": "message",
        "role": "assistant",
        "status": status,
        "content": [_part(said)] if status == "completed" else [],
    }


def _part(said: Said | Refused) -> dict[str, object]:
    if isinstance(said, Refused):
        return {"type": "refusal", "refusal": said.text}
    return {"type": "output_text", "text": said.text, "annotations": [], "logprobs": []}


def _call(number: int, call: Call, arguments: str) -> dict[str, object]:
    status = "completed" if arguments else "in_progress"
    item: dict[str, object] = {"call_id": call.id, "name": call.name, "status": status}
    if call.custom:
        return {"id": f"ctc_fake{number}", "type": "custom_tool_call", **item, "input": arguments}
    return {"id": f"fc_fake{number}", "type": "function_call", **item, "arguments": arguments}


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


def _between(
    number: int,
    begun: dict[str, object],
    events: Sequence[dict[str, object]],
    done: dict[str, object],
) -> list[dict[str, object]]:
    """The events of an item, from its addition to its end."""
    return [
        {"type": "response.output_item.added", "output_index": number, "item": begun},
        *events,
        {"type": "response.output_item.done", "output_index": number, "item": done},
    ]


def _reasoning_events(number: int, thought: Thought) -> list[dict[str, object]]:
    at: dict[str, object] = {"item_id": "rs_fake", "output_index": number, "summary_index": 0}
    part = {"type": "summary_text", "text": thought.text}
    summary = "response.reasoning_summary_"
    events: list[dict[str, object]] = [
        {"type": summary + "part.added", **at, "part": {"type": "summary_text", "text": ""}},
        {"type": summary + "text.delta", **at, "delta": thought.text},
        {"type": summary + "text.done", **at, "text": thought.text},
        {"type": summary + "part.done", **at, "part": part},
    ]
    # What the item holds when it is added differs from what it ends with (wire-formats.md §2.3).
    early = Thought(text="", seal=f"early-{thought.seal}" if thought.seal else "")
    return _between(number, _reasoning(early), events, _reasoning(thought))


def _message_events(number: int, said: Said) -> list[dict[str, object]]:
    at: dict[str, object] = {
        "item_id": f"msg_fake{number}",
        "output_index": number,
        "content_index": 0,
    }
    delta, done = "response.output_text.delta", "response.output_text.done"
    events: list[dict[str, object]] = [
        {"type": "response.content_part.added", **at, "part": _part(Said(()))},
        *({"type": delta, **at, "delta": words, "logprobs": []} for words in said.pieces),
        {"type": done, **at, "text": said.text, "logprobs": []},
        {"type": "response.content_part.done", **at, "part": _part(said)},
    ]
    begun = _message(number, said, status="in_progress")
    return _between(number, begun, events, _message(number, said))


def _refusal_events(number: int, refused: Refused) -> list[dict[str, object]]:
    at: dict[str, object] = {
        "item_id": f"msg_fake{number}",
        "output_index": number,
        "content_index": 0,
    }
    events: list[dict[str, object]] = [
        {"type": "response.content_part.added", **at, "part": _part(Refused(""))},
        {"type": "response.refusal.delta", **at, "delta": refused.text},
        {"type": "response.refusal.done", **at, "refusal": refused.text},
        {"type": "response.content_part.done", **at, "part": _part(refused)},
    ]
    begun = _message(number, refused, status="in_progress")
    return _between(number, begun, events, _message(number, refused))


def _call_events(number: int, call: Call) -> list[dict[str, object]]:
    begun, done = _call(number, call, ""), _call(number, call, call.arguments)
    at: dict[str, object] = {"item_id": begun["id"], "output_index": number}
    kind, key = (
        ("response.custom_tool_call_input.", "input")
        if call.custom
        else ("response.function_call_arguments.", "arguments")
    )
    events: list[dict[str, object]] = [
        *({"type": kind + "delta", **at, "delta": piece} for piece in halves(call.arguments)),
        {"type": kind + "done", **at, key: call.arguments},
    ]
    return _between(number, begun, events, done)


def _frames(events: Sequence[dict[str, object]], whole: dict[str, object]) -> list[bytes]:
    begun = {**whole, "status": "in_progress", "output": [], "usage": None}
    begun["incomplete_details"] = None
    every: list[dict[str, object]] = [
        {"type": "response.created", "response": begun},
        {"type": "response.in_progress", "response": begun},
        *events,
        {"type": f"response.{whole['status']}", "response": whole},
    ]
    return [
        frame({**event, "sequence_number": number}, str(event["type"]))
        for number, event in enumerate(every)
    ]
