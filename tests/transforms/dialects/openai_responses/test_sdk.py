"""What the openai SDK builds from a stream is what we build from it, and from what we write."""

from __future__ import annotations

from openai._types import omit
from openai.lib.streaming.responses._responses import ResponseStreamState
from pydantic import ValidationError

from plexus.transforms.assemble import collect
from plexus.transforms.ir import Part, Text, ToolCall
from plexus.transforms.wire import JsonObject
from tests.transforms.dialects.openai_responses.rules import (
    decoded,
    event_type,
    frames,
    kinds,
    streamed,
)
from tests.wire_files import Recording, each_recording

FORMATS = ("openai-responses", "other-openai-compatible:open-responses")


def is_completed(recording: Recording) -> bool:
    """Whether it is one whole stream that the SDK follows."""
    if not isinstance(recording.response_body(), str):
        return False
    events = frames(recording.stream_bytes())
    shape = kinds(events)
    if (shape[:1], shape[-1:], shape.count("completed")) != (["created"], ["completed"], 1):
        return False
    return accumulated(recording.stream_bytes()) is not None


def accumulated(data: bytes) -> tuple[str, list[tuple[str, str]]] | None:
    """The text and the calls that the SDK builds; `None` if its types refuse the stream."""
    state = ResponseStreamState(input_tools=omit, text_format=omit)
    try:
        for event in frames(data):
            # Recordings made before the SDK required these keys lack them.
            state.handle_event(event_type().validate_python(filled(event)))
    except (ValidationError, RuntimeError):
        return None
    whole = state._completed_response
    assert whole is not None
    calls = [(i.name, i.arguments) for i in whole.output if i.type == "function_call"]
    return whole.output_text, calls


def filled(event: JsonObject) -> JsonObject:
    """The event with the keys that newer types require."""
    given: JsonObject = {"sequence_number": 0, **event}
    if event["type"] in ("response.output_text.delta", "response.output_text.done"):
        given.setdefault("logprobs", [])
    match given.get("response"):
        case {"usage": {"input_tokens_details": dict() as details}}:
            details.setdefault("cache_write_tokens", 0)
        case _:
            pass
    return given


def said(parts: tuple[Part, ...]) -> tuple[str, list[tuple[str, str]]]:
    """The text and the calls in an answer of ours."""
    text = "".join(part.text for part in parts if isinstance(part, Text))
    calls = [part for part in parts if isinstance(part, ToolCall) and part.kind == "function"]
    return text, [(call.name, call.arguments) for call in calls]


@each_recording(*FORMATS, ok=True, where=is_completed)
def test_the_sdk_and_we_build_the_same_answer_from_a_stream(recording: Recording) -> None:
    events = decoded([recording.stream_bytes()])
    ours = said(collect(events).parts)
    theirs = accumulated(recording.stream_bytes())
    assert accumulated(streamed(events)) == theirs
    if not has_namespaces(recording):
        assert ours == theirs


def has_namespaces(recording: Recording) -> bool:
    """Whether calls bear a namespace, which becomes part of the name in the IR."""
    return b'"namespace":"' in recording.stream_bytes()
