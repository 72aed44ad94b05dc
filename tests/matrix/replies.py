"""Read what the gateway answered a client, strictly: with the types of the client's own SDK.

Every frame of a stream must be of the SDK's types, and the whole is what the SDK's own accumulator
makes of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from anthropic.lib.streaming._messages import accumulate_event
from anthropic.types import Message, RawMessageStreamEvent
from google.genai.types import GenerateContentResponse
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from plexus.transforms.sse import Frame, SseDecoder
from plexus.transforms.wire import Json, JsonObject, dump, list_at, parse, parse_object, text_at

type Called = tuple[str, str | None, str]  # kind, namespace, name


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer as the client has it in the end."""

    text: str
    calls: tuple[tuple[Called, str], ...]  # with the arguments' text
    whole: JsonObject  # in the client's format

    @property
    def called(self) -> set[Called]:
        """The tools that were called."""
        return {tool for tool, _ in self.calls}


def read_reply(dialect: str, body: bytes, *, stream: bool) -> Reply:
    """Read an answer; raise if it is not what the client's SDK takes."""
    return _READERS[dialect](_joined(dialect, body) if stream else parse_object(body))


def _joined(dialect: str, body: bytes) -> JsonObject:
    if body.lstrip().startswith(b"["):
        return _whole_gemini(list_at({"all": parse(body)}, "all"))
    decoder = SseDecoder()
    frames = [frame for frame in [*decoder.feed(body), *decoder.close()] if frame.data]
    return _JOINERS[dialect](frames)


def _join_chat(frames: list[Frame]) -> JsonObject:
    assert frames[-1].data == b"[DONE]"
    state = ChatCompletionStreamState()
    for frame in frames[:-1]:
        state.handle_chunk(ChatCompletionChunk.model_validate_json(frame.data))
    whole = state.current_completion_snapshot.to_dict(mode="json")
    assert isinstance(whole, dict)
    return parse_object(dump(whole))


def _join_responses(frames: list[Frame]) -> JsonObject:
    events = [parse_object(frame.data) for frame in frames]
    assert [event.get("sequence_number") for event in events] == list(range(len(events)))
    assert [event.get("type") for event in events] == [frame.event for frame in frames]
    for event in events:
        _RESPONSES_EVENT.validate_python(event)
    last = events[-1]
    assert last.get("type") in ("response.completed", "response.incomplete")
    done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    whole = last["response"]
    assert isinstance(whole, dict)
    assert whole["output"] == done
    return whole


_RESPONSES_EVENT: TypeAdapter[ResponseStreamEvent] = TypeAdapter(ResponseStreamEvent)
_MESSAGES_EVENT: TypeAdapter[RawMessageStreamEvent] = TypeAdapter(RawMessageStreamEvent)


def _join_messages(frames: list[Frame]) -> JsonObject:
    snapshot, buffers = None, {}
    kinds = [frame.event for frame in frames if frame.event != "ping"]
    assert (kinds[0], kinds[-1]) == ("message_start", "message_stop")
    for frame in frames:
        assert parse_object(frame.data)["type"] == frame.event
        if frame.event != "ping":
            event = _MESSAGES_EVENT.validate_json(frame.data)
            snapshot = accumulate_event(event=event, current_snapshot=snapshot, json_bufs=buffers)
    assert snapshot is not None
    return parse_object(dump(snapshot.to_dict(mode="json")))


def _join_gemini(frames: list[Frame]) -> JsonObject:
    return _whole_gemini([parse(frame.data) for frame in frames])


def _whole_gemini(chunks: list[Json]) -> JsonObject:
    assert chunks
    parts: list[Json] = []
    for chunk in chunks:
        GenerateContentResponse.model_validate_json(dump(chunk))
        assert isinstance(chunk, dict)
        for candidate in list_at(chunk, "candidates"):
            assert isinstance(candidate, dict)
            content = candidate.get("content")
            parts += list_at(content, "parts") if isinstance(content, dict) else []
    last = chunks[-1]
    assert isinstance(last, dict)
    (candidate,) = list_at(last, "candidates")
    assert isinstance(candidate, dict)
    assert candidate.get("finishReason")
    return {**last, "candidates": [{**candidate, "content": {"role": "model", "parts": parts}}]}


_JOINERS: dict[str, Callable[[list[Frame]], JsonObject]] = {
    "chat": _join_chat,
    "responses": _join_responses,
    "messages": _join_messages,
    "gemini": _join_gemini,
}


def _read_chat(whole: JsonObject) -> Reply:
    message = ChatCompletion.model_validate(whole).choices[0].message
    calls: list[tuple[Called, str]] = []
    for call in message.tool_calls or ():
        if call.type == "custom":
            calls.append((("custom", None, call.custom.name), call.custom.input))
        else:
            calls.append((("function", None, call.function.name), call.function.arguments))
    return Reply(text=message.content or "", calls=tuple(calls), whole=whole)


def _read_responses(whole: JsonObject) -> Reply:
    reply = Response.model_validate(whole)
    calls: list[tuple[Called, str]] = []
    for item in reply.output:
        if item.type == "custom_tool_call":
            calls.append((("custom", item.namespace, item.name), item.input))
        elif item.type == "function_call":
            calls.append((("function", item.namespace, item.name), item.arguments))
    return Reply(text=reply.output_text, calls=tuple(calls), whole=whole)


def _read_messages(whole: JsonObject) -> Reply:
    blocks = Message.model_validate(whole).content
    return Reply(
        text="".join(block.text for block in blocks if block.type == "text"),
        calls=tuple(
            (("function", None, block.name), dump(block.input).decode())
            for block in blocks
            if block.type == "tool_use"
        ),
        whole=whole,
    )


def _read_gemini(whole: JsonObject) -> Reply:
    content = GenerateContentResponse.model_validate_json(dump(whole)).candidates[0].content
    parts = (content.parts if content is not None else None) or []
    return Reply(
        text="".join(part.text or "" for part in parts if not part.thought),
        calls=tuple(
            (
                ("function", None, part.function_call.name or ""),
                dump(part.function_call.args).decode(),
            )
            for part in parts
            if part.function_call is not None
        ),
        whole=whole,
    )


_READERS: dict[str, Callable[[JsonObject], Reply]] = {
    "chat": _read_chat,
    "responses": _read_responses,
    "messages": _read_messages,
    "gemini": _read_gemini,
}


def follow_up(dialect: str, body: JsonObject, reply: Reply, result: str) -> JsonObject:
    """Return the client's next request: the answer, and the results of its calls."""
    return _FOLLOW_UPS[dialect](body, reply.whole, result)


def _next_chat(body: JsonObject, whole: JsonObject, result: str) -> JsonObject:
    choice = list_at(whole, "choices")[0]
    assert isinstance(choice, dict)
    message = choice["message"]
    assert isinstance(message, dict)
    results: list[Json] = [
        {"role": "tool", "tool_call_id": call["id"], "content": result}
        for call in list_at(message, "tool_calls")
        if isinstance(call, dict)
    ]
    return {**body, "messages": [*list_at(body, "messages"), message, *results]}


def _next_responses(body: JsonObject, whole: JsonObject, result: str) -> JsonObject:
    output = list_at(whole, "output")
    kinds = {"function_call": "function_call_output", "custom_tool_call": "custom_tool_call_output"}
    results: list[Json] = [
        {"type": kinds[str(item["type"])], "call_id": item["call_id"], "output": result}
        for item in output
        if isinstance(item, dict) and item["type"] in kinds
    ]
    lone = text_at(body, "input")
    before: list[Json] = list_at(body, "input")
    if lone is not None:
        before = [{"role": "user", "content": lone}]
    return {**body, "input": [*before, *output, *results]}


def _next_messages(body: JsonObject, whole: JsonObject, result: str) -> JsonObject:
    content = list_at(whole, "content")
    results: list[Json] = [
        {"type": "tool_result", "tool_use_id": block["id"], "content": result}
        for block in content
        if isinstance(block, dict) and block["type"] == "tool_use"
    ]
    turns: list[Json] = [{"role": "assistant", "content": content}]
    turns.append({"role": "user", "content": results or "Go on."})
    return {**body, "messages": [*list_at(body, "messages"), *turns]}


def _next_gemini(body: JsonObject, whole: JsonObject, result: str) -> JsonObject:
    candidate = list_at(whole, "candidates")[0]
    assert isinstance(candidate, dict)
    content = candidate["content"]
    assert isinstance(content, dict)
    results: list[Json] = []
    for part in list_at(content, "parts"):
        call = part.get("functionCall") if isinstance(part, dict) else None
        if isinstance(call, dict):
            answer: JsonObject = {"name": call["name"], "response": {"result": result}}
            results.append({"functionResponse": {**answer, "id": call.get("id")}})
    told: Json = {"role": "user", "parts": results or [{"text": "Go on."}]}
    return {**body, "contents": [*list_at(body, "contents"), content, told]}


_FOLLOW_UPS: dict[str, Callable[[JsonObject, JsonObject, str], JsonObject]] = {
    "chat": _next_chat,
    "responses": _next_responses,
    "messages": _next_messages,
    "gemini": _next_gemini,
}
