"""What the vendors' own SDKs build from a stream: the measure of what we build from it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import httpx2
from anthropic._models import construct_type_unchecked
from anthropic.lib.streaming._beta_messages import accumulate_event
from anthropic.types.beta import BetaRawMessageStreamEvent
from anthropic.types.beta.parsed_beta_message import ParsedBetaMessage
from google.genai import types
from openai._types import omit
from openai.lib.streaming.chat._completions import ChatCompletionStreamState
from openai.lib.streaming.responses._responses import ResponseStreamState
from openai.types.chat import ChatCompletionChunk
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter, ValidationError

from plexus.transforms import wire
from plexus.transforms.ir import Part, Refusal, Text, ToolCall
from plexus.transforms.sse import SseDecoder
from plexus.transforms.wire import JsonObject, object_at, objects_at, text_at

type Calls = list[tuple[str, str]]  # names and arguments

_TERMINAL = ("response.completed", "response.incomplete", "response.failed")


def frames(data: bytes) -> list[JsonObject]:
    """The JSON objects of a stream, be it SSE or one array; what is none is left out."""
    if data.lstrip().startswith(b"["):
        value = wire.try_parse(data)
        return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
    decoder = SseDecoder()
    found = (wire.try_parse(frame.data) for frame in [*decoder.feed(data), *decoder.close()])
    return [frame for frame in found if isinstance(frame, dict)]


def joined(parts: tuple[Part, ...], kind: type[Text] | type[Refusal]) -> str:
    """The words of all parts of a kind."""
    return "".join(part.text for part in parts if isinstance(part, kind))


def first_message(data: bytes) -> list[JsonObject]:
    """An Anthropic stream up to its first `message_stop`: a few recordings hold several answers."""
    found = []
    for payload in frames(data):
        found.append(payload)
        if payload.get("type") == "message_stop":
            break
    return found


def sdk_message(data: bytes) -> JsonObject:
    """The message that Anthropic's client accumulates from a stream."""
    read: Callable[..., Any] = construct_type_unchecked  # as the SDK's own stream does
    snapshot: ParsedBetaMessage[None] | None = None
    buffers: dict[int, bytes] = {}
    for payload in first_message(data):
        if payload["type"] == "ping":
            continue
        snapshot = accumulate_event(
            event=read(value=payload, type_=BetaRawMessageStreamEvent),
            current_snapshot=snapshot,
            json_bufs=buffers,
            request_headers=httpx2.Headers(),
        )
    assert snapshot is not None, "the stream holds no message"
    return wire.parse_object(snapshot.to_json(warnings=False, exclude_unset=False))


def chat_suits_sdk(data: bytes) -> bool:
    """Whether OpenAI's client can follow a chat stream.

    It joins the calls of several choices, and ids and names that are told again; and it refuses
    chunks that are not OpenAI's (Azure's first says nothing).
    """
    named: set[tuple[object, object]] = set()
    for chunk in frames(data):
        if chunk.get("object") != "chat.completion.chunk" or not _is_chunk(chunk):
            return False
        for choice in objects_at(chunk, "choices"):
            if choice.get("index"):
                return False
            for call in objects_at(object_at(choice, "delta") or {}, "tool_calls"):
                key = (choice.get("index"), call.get("index"))
                if call.get("id") and key in named:
                    return False
                named.add(key)
    return True


def _is_chunk(chunk: JsonObject) -> bool:
    try:
        ChatCompletionChunk.model_validate(chunk)
    except ValidationError:
        return False
    return True


def sdk_completion(data: bytes) -> tuple[str, str, Calls] | None:
    """The content, the refusal and the calls that OpenAI's client accumulates from chunks.

    `None`: it cannot follow (OpenRouter's lists of details have no index).
    """
    state: Any = ChatCompletionStreamState()
    try:
        for chunk in frames(data):
            state.handle_chunk(ChatCompletionChunk.model_validate(chunk))
    except RuntimeError:
        return None
    message = state.current_completion_snapshot.choices[0].message
    calls = [(call.function.name, call.function.arguments) for call in message.tool_calls or []]
    return message.content or "", message.refusal or "", calls


@functools.cache
def event_type() -> TypeAdapter[ResponseStreamEvent]:
    """The SDK's type of a Responses stream's events."""
    return TypeAdapter(ResponseStreamEvent)


def sdk_response(data: bytes) -> tuple[str, Calls] | None:
    """The text and the calls that OpenAI's client builds of a completed Responses stream.

    `None`: it cannot follow, for the stream is no single completed one or its types refuse it.
    """
    events = frames(data)
    shape = [text_at(event, "type") for event in events]
    if shape[:1] != ["response.created"] or shape.count("response.completed") != 1:
        return None
    state = ResponseStreamState(input_tools=omit, text_format=omit)
    try:
        for event in events:
            state.handle_event(event_type().validate_python(filled(event)))
    except (ValidationError, RuntimeError):
        return None
    whole = state._completed_response
    if whole is None:
        return None
    return whole.output_text, [
        (item.name, item.arguments) for item in whole.output if item.type == "function_call"
    ]


def filled(event: JsonObject) -> JsonObject:
    """The event with the keys that types newer than its recording require."""
    given: JsonObject = {"sequence_number": 0, **event}
    if event["type"] in ("response.output_text.delta", "response.output_text.done"):
        given.setdefault("logprobs", [])
    match given.get("response"):
        case {"usage": {"input_tokens_details": dict() as details}}:
            details.setdefault("cache_write_tokens", 0)
        case _:
            pass
    return given


def terminal(data: bytes) -> JsonObject | None:
    """The response object of the event that ends a Responses stream."""
    return next(
        (object_at(e, "response") for e in frames(data) if text_at(e, "type") in _TERMINAL), None
    )


def sdk_chunks(data: bytes) -> tuple[str, Calls] | None:
    """The text and the calls in the first candidate of chunks as google-genai's types read them.

    The SDK accumulates nothing; its chats join the chunks' parts as is done here. `None`: it cannot
    read the chunks (an enum told as a number).
    """
    text, calls = "", []
    for frame in frames(data):
        frame.pop("usageMetadata", None)  # Google's grows fields that the types forbid
        try:
            read = types.GenerateContentResponse.model_validate(frame)
        except (ValidationError, AttributeError):
            return None
        content = read.candidates[0].content if read.candidates else None
        for part in (content.parts if content else None) or []:
            text += part.text if part.text and not part.thought else ""
            if part.function_call and not part.function_call.partial_args:
                calls.append(
                    (part.function_call.name or "", wire.dump_text(part.function_call.args or {}))
                )
    return text, calls


def said(parts: tuple[Part, ...]) -> tuple[str, Calls]:
    """The text and the function calls in an answer of ours."""
    calls = [part for part in parts if isinstance(part, ToolCall) and part.kind == "function"]
    return joined(parts, Text), [(call.name, call.arguments) for call in calls]
