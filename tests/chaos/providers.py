"""What the providers do with a call: the victim its fault, the other one answers well."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence

from plexus.transforms.codec import as_json_object
from plexus.transforms.wire import JsonObject, objects_at, text_at
from tests.chaos.calls import Call
from tests.fakes import script
from tests.fakes.native.shapes import Call as ToolCall
from tests.fakes.replies import NATIVE, Native
from tests.fakes.script import Received, Reply

BODY_LIMIT = 40  # bytes of a body that is cut off
RETRY_AFTER_S = 30
_PACE_S = 0.02  # between the parts of a stream whose clients may leave
_TOOL = ToolCall(arguments='{"city":"Paris","days":7,"units":"metric"}')
_NUMBER = re.compile(rb"call=(\d+)")


def number_of(request: Received) -> int:
    """Return which call a request belongs to."""
    found = _NUMBER.search(request.raw)
    assert found is not None, f"a request of no call: {request.raw[:200]!r}"
    return int(found[1])


def behaviour(name: str, dialect: str, calls: Mapping[int, Call]) -> Callable[[Received], Reply]:
    """Return what the provider `name`, which speaks `dialect`, does with each request."""
    native = NATIVE[dialect]

    def reply(request: Received) -> Reply:
        call = calls[number_of(request)]
        if call.victim == name and call.fault.name != "none":
            return _FAILING[call.fault.name](call, native, name)
        return _well(call, native, _rest(call, name, as_json_object(request.body)))

    return reply


def _rest(call: Call, name: str, body: JsonObject) -> str:
    # What is left of the answer, if another provider has begun with it.
    text, said = call.text(name), already_said(body)
    return text.removeprefix(said) if text.startswith(said) else f"(cannot go on from {said!r})"


def already_said(body: JsonObject) -> str:
    """Return the text of the model's turns in a request of any of the four formats."""
    turns = [turn for key in ("messages", "input", "contents") for turn in objects_at(body, key)]
    said: list[str] = []
    for turn in turns:
        if turn.get("role") in {"assistant", "model"}:
            parts = [*objects_at(turn, "content"), *objects_at(turn, "parts")]
            said += [text_at(turn, "content") or "", *(text_at(p, "text") or "" for p in parts)]
    return "".join(said)


def _well(call: Call, native: Native, text: str) -> Reply:
    if call.stream:
        return script.stream(_in_steps(call, b"".join(native.stream(_pieces(text)))))
    return script.json_reply(native.text(text))


def _pieces(text: str) -> list[str]:
    return re.findall(r"\S+\s*", text)


def _in_steps(call: Call, data: bytes) -> list[script.Step]:
    # In three parts, wherever that cuts; slowly where clients may leave in between.
    first, second = len(data) // 3, 2 * len(data) // 3
    parts = (data[:first], data[first:second], data[second:])
    if not call.phase.leaving:
        return [part for part in parts if part]
    return [step for part in parts for step in (_pause(), part)]


def _pause() -> asyncio.Event:
    gate = asyncio.Event()
    asyncio.get_running_loop().call_later(_PACE_S, gate.set)
    return gate


def _status(status: int) -> Callable[[Call, Native, str], Reply]:
    headers = {"retry-after": str(RETRY_AFTER_S)} if status == 429 else {}

    def reply(call: Call, native: Native, _name: str) -> Reply:
        error = native.error(status, f"scripted {status}")
        return script.json_reply(error, status=status, headers=headers)

    return reply


def _reset_body(call: Call, native: Native, name: str) -> Reply:
    whole = script.json_reply(native.text(call.text(name)))
    (body,) = whole.steps
    assert isinstance(body, bytes)
    half = body[: len(body) // 2]
    return Reply(headers=whole.headers, steps=[half], streamed=True, ending="reset")


def _garbage(call: Call, _native: Native, _name: str) -> Reply:
    headers = script.SSE if call.stream else script.JSON
    body = b'data: {"choi\n\n' if call.stream else b'{"choices": [{"mess'
    return script.body_reply(body, headers=headers)


def _error_first(_call: Call, native: Native, _name: str) -> Reply:
    return script.stream([native.stream_error("scripted failure")])


def _error_late(call: Call, native: Native, name: str) -> Reply:
    frames = _begun(call, native.stream(_pieces(call.text(name))))
    return script.stream([*frames, native.stream_error("scripted failure")])


def _unfinished(call: Call, native: Native, name: str) -> Reply:
    return script.stream(_begun(call, native.stream(_pieces(call.text(name)))))


def _begun(call: Call, frames: Sequence[bytes]) -> list[bytes]:
    # Whole frames, at least one, and none of those after the last but one word.
    last = next(n for n, frame in enumerate(frames) if _end(call) in frame)
    return list(frames[: 1 + int(call.where * (last - 1))])


def _end(call: Call) -> bytes:
    return b"end-%d" % call.number


def _cut_first(call: Call, native: Native, name: str) -> Reply:
    first = native.stream(_pieces(call.text(name)))[0]
    return script.stream([first[: 1 + int(call.where * (len(first) - 3))]], ending="cut")


def _cut(call: Call, native: Native, name: str) -> Reply:
    frames = native.stream(_pieces(call.text(name)))
    return _cut_between(call, frames, b"".join(frames).index(_end(call)))


def _cut_tool(call: Call, native: Native, _name: str) -> Reply:
    # Once the call has begun: before that it would not be half-written.
    frames = native.tool_stream(_TOOL)
    began = next(n for n, frame in enumerate(frames) if _TOOL.name.encode() in frame)
    written = [*frames[: began + 1], *frames[began + 1 : began + 2]]
    return script.stream(written, ending="cut")


def _cut_between(call: Call, frames: Sequence[bytes], until: int) -> Reply:
    data, least = b"".join(frames), len(frames[0])
    kept = data[: least + int(call.where * (until - least))]
    return script.stream(_in_steps(call, kept), ending="cut")


def _never(_call: Call, _native: Native, _name: str) -> Reply:
    return script.stalled(asyncio.Event())


def _stall(_call: Call, _native: Native, _name: str) -> Reply:
    return script.stream([b": thinking\n\n", asyncio.Event()])


_FAILING: Mapping[str, Callable[[Call, Native, str], Reply]] = {
    "reset": lambda *_: script.reset(),
    "reset-body": _reset_body,
    **{f"status-{status}": _status(status) for status in (400, 404, 429, 500, 529)},
    "empty-200": lambda *_: script.empty(),
    "html-200": lambda *_: script.html(),
    "garbage-200": _garbage,
    "empty-answer": lambda _call, native, _name: script.json_reply(native.text(" ")),
    "error-first": _error_first,
    "cut-first": _cut_first,
    "timeout": _never,
    "stall": _stall,
    "cut": _cut,
    "unfinished": _unfinished,
    "error-late": _error_late,
    "cut-tool": _cut_tool,
}
