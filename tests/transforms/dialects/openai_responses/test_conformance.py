"""What other formats' providers and clients really said, written in this format, is valid in it."""

from __future__ import annotations

from functools import cache

from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming
from pydantic import TypeAdapter

from plexus.transforms.codec import Dialect, Match, Operation, Receipt, Traits
from plexus.transforms.errors import GatewayError
from plexus.transforms.registry import discover
from plexus.transforms.wire import dump
from tests.transforms.dialects.openai_responses.rules import (
    CHAT,
    check_response,
    check_stream,
    decoded,
    read_request,
    streamed,
)
from tests.wire_files import Recording, each_recording

NAMES = {"openai-chat": "chat", "anthropic-messages": "messages", "gemini": "gemini"}
FORMATS = (*NAMES, "other-openai-compatible:")


@cache
def dialects() -> dict[str, Dialect]:
    """All formats."""
    return discover("plexus.transforms.dialects", "DIALECT")


@cache
def params_type() -> TypeAdapter[ResponseCreateParamsNonStreaming]:
    """The SDK's type of requests."""
    return TypeAdapter(ResponseCreateParamsNonStreaming)


def dialect_of(recording: Recording) -> Dialect:
    """The dialect of a recording; compatible providers speak chat."""
    return dialects()[NAMES.get(recording.format, "chat")]


def is_chat(recording: Recording) -> bool:
    """Whether it is a call for an answer: some hold speech, pictures or embeddings."""
    body = recording.request_body()
    return isinstance(body, dict) and ("messages" in body or "contents" in body)


@each_recording(*FORMATS, where=is_chat)
def test_a_request_of_another_format_is_one_that_this_format_takes(recording: Recording) -> None:
    body = recording.request_body()
    assert isinstance(body, dict)
    try:
        request = dialect_of(recording).chat.decode_request(
            Match(Operation.CHAT, "m", stream=False), body
        )
    except GatewayError:
        return  # what was recorded is a refusal
    written = CHAT.encode_request(request, Traits(), Receipt()).body
    if not written["input"]:
        return  # a request that says nothing
    params_type().validate_python({key: value for key, value in written.items() if key != "stream"})
    read_request(CHAT.encode_request(request, Traits(official=True), Receipt()).body)


@each_recording(*FORMATS, ok=True, stream=False, where=is_chat)
def test_an_answer_of_another_format_is_one_that_the_sdk_takes(recording: Recording) -> None:
    body = recording.response_body()
    assert isinstance(body, dict | list)
    try:
        answer = dialect_of(recording).chat.decode_response(body if isinstance(body, dict) else {})
    except GatewayError:
        return
    written = CHAT.encode_response(answer, None, Receipt())
    check_response(written)
    dump(written)


@each_recording(*FORMATS, ok=True, stream=True, where=is_chat)
def test_a_stream_of_another_format_is_one_that_the_sdk_follows(recording: Recording) -> None:
    decoder = dialect_of(recording).chat.stream_decoder()
    events = decoder.feed(recording.stream_bytes()) + decoder.close()
    data = streamed(events)
    check_stream(data)
    assert decoded([data])
