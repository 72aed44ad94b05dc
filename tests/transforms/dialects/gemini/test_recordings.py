"""Every recording of Google's API, and what real clients send to it, survives the codec."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest
from google.genai import types
from pydantic import ValidationError

from plexus.transforms import wire
from plexus.transforms.assemble import collect, replay
from plexus.transforms.codec import Head, Match, Operation, Receipt, Traits
from plexus.transforms.dialects.gemini import DIALECT
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.events import Event, Failed, Finished, UsageSeen
from plexus.transforms.ir import ChatResponse, Text, Usage
from plexus.transforms.wire import JsonObject, object_at, objects_at, text_at
from tests.strategies import bytewise, pieces
from tests.transforms.dialects.gemini.canonical import canonical_answer, canonical_request
from tests.transforms.dialects.gemini.rules import (
    CHAT,
    check_balanced,
    decoded,
    frames,
    streamed,
)
from tests.wire_files import ClientCall, Recording, each_client_call, each_recording

BYTEWISE = 20_000  # bytes of a stream that are fed one by one


def head_of(recording: Recording) -> Head:
    request = object_at(recording.load(), "request") or {}
    url = urlsplit(text_at(request, "url") or "")
    return Head(text_at(request, "method") or "", url.path, url.query, {})


def is_chat(recording: Recording) -> bool:
    return "enerateContent" in (text_at(object_at(recording.load(), "request") or {}, "url") or "")


def is_recorded_chat(recording: Recording) -> bool:
    return is_chat(recording) and recording.request_body() is not None


def is_counting(recording: Recording) -> bool:
    return "countTokens" in (text_at(object_at(recording.load(), "request") or {}, "url") or "")


def is_answer(recording: Recording) -> bool:
    body = recording.response_body()
    return isinstance(body, dict) and bool({"candidates", "promptFeedback"} & body.keys())


def reencoded(match: Match, body: JsonObject) -> JsonObject:
    """What a request becomes on its way through the IR, which may lose nothing."""
    receipt = Receipt()
    encoded = CHAT.encode_request(CHAT.decode_request(match, body), Traits(), receipt)
    assert receipt.notes == ()
    return encoded.body


@each_recording("gemini", where=is_recorded_chat)
def test_a_recorded_request_survives(recording: Recording) -> None:
    body = recording.request_body()
    match = DIALECT.match(head_of(recording))
    assert isinstance(body, dict)
    assert match is not None
    assert match.operation is Operation.CHAT
    assert outcome(match, body) in (canonical_request(body), refused(recording))


def outcome(match: Match, body: JsonObject) -> JsonObject | Kind:
    try:
        return canonical_request(reencoded(match, body))
    except GatewayError as error:
        return error.kind


def refused(recording: Recording) -> Kind | None:
    """What we may say to a request that Google refused, too."""
    return Kind.BAD_REQUEST if recording.status == 400 else None


@each_recording("gemini", where=is_counting)
def test_a_recorded_token_count_request_survives(recording: Recording) -> None:
    body = recording.request_body()
    match = DIALECT.match(head_of(recording))
    assert isinstance(body, dict)
    assert match is not None
    assert match.operation is Operation.COUNT_TOKENS
    assert canonical_request(reencoded(match, body)) == canonical_request(body)


@each_client_call("enerateContent")
def test_a_real_clients_request_survives(call: ClientCall) -> None:
    path, _, query = call.path.partition("?")
    match = DIALECT.match(Head(call.method, path, query, {}))
    assert match is not None
    assert match.operation is Operation.CHAT
    assert isinstance(call.body, dict)
    assert canonical_request(reencoded(match, call.body)) == canonical_request(call.body)


@each_recording("gemini", ok=True, where=is_answer)
def test_a_recorded_answer_survives(recording: Recording) -> None:
    body = recording.response_body()
    assert isinstance(body, dict)
    receipt = Receipt()
    answer = CHAT.encode_response(CHAT.decode_response(body), None, receipt)
    assert receipt.notes == ()
    assert canonical_answer(answer) == canonical_answer(body)
    if is_valid(body):
        assert is_valid(answer)


def is_valid(body: JsonObject) -> bool:
    """Whether google-genai's types admit an answer; Google itself sends fields that they do not."""
    try:
        types.GenerateContentResponse.model_validate(json.loads(wire.dump(body)))
    except (ValidationError, AttributeError):
        return False
    return True


@each_recording("gemini", ok=True, where=is_answer)
def test_a_recorded_answer_replayed_as_a_stream_comes_back(recording: Recording) -> None:
    body = recording.response_body()
    assert isinstance(body, dict)
    answer = CHAT.decode_response(body)
    again = collect(decoded([streamed(replay(answer))]))
    assert spoken(again) == spoken(answer)
    assert [choice.stop for choice in again.choices] == [c.stop for c in answer.choices]
    assert again.usage == answer.usage


def spoken(answer: ChatResponse) -> list[str]:
    return [
        "".join(part.text for part in choice.parts if isinstance(part, Text))
        for choice in answer.choices
    ]


@each_recording("gemini", ok=False)
def test_a_recorded_error_is_understood(recording: Recording) -> None:
    body = recording.response_body()
    data = body.encode() if isinstance(body, str) else wire.dump(body)
    error = DIALECT.decode_error(recording.status, {}, data)
    assert error.upstream_status == recording.status
    assert error.message
    assert error.kind is not Kind.UPSTREAM_INVALID


@each_recording("gemini", stream=True, ok=True)
def test_a_recorded_stream_decodes_the_same_however_it_is_cut(recording: Recording) -> None:
    data = recording.stream_bytes()
    events = decoded([data])
    check_balanced(events)
    assert not isinstance(events[-1], Failed)
    assert decoded([*bytewise(data[:BYTEWISE]), data[BYTEWISE:]]) == events
    assert decoded(pieces(data, range(7, len(data), 1013))) == events


@each_recording("gemini", stream=True, ok=True)
def test_a_recorded_stream_says_what_its_chunks_say(recording: Recording) -> None:
    chunks = chunks_of(recording.stream_bytes())
    answer = collect(decoded([recording.stream_bytes()]))
    texts = [
        text_at(part, "text") or ""
        for chunk in chunks
        for candidate in objects_at(chunk, "candidates")
        for part in objects_at(object_at(candidate, "content") or {}, "parts")
        if part.get("thought") is not True
    ]
    assert spoken(answer) == ["".join(texts)]
    assert answer.usage == last_usage(chunks)


def chunks_of(data: bytes) -> list[JsonObject]:
    if data.startswith(b"["):
        value = wire.parse(data)
        return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
    lines = data.replace(b"\r\n", b"\n").split(b"\n")
    return [wire.parse_object(line[5:]) for line in lines if line.startswith(b"data:")]


def last_usage(chunks: list[JsonObject]) -> Usage | None:
    """The final count, which may be lower than one in mid-stream."""
    body: JsonObject = {**chunks[-1], "candidates": []}
    return CHAT.decode_response(body).usage


@each_recording("gemini", stream=True, ok=True)
def test_a_recorded_stream_written_again_reads_the_same(recording: Recording) -> None:
    events = decoded([recording.stream_bytes()])
    receipt = Receipt()
    again = decoded([streamed(events, receipt)])
    assert receipt.notes == ()
    # Usage is written once, in the last chunk.
    assert without_usage(again) == without_usage(events)
    assert collect(again) == collect(events)


@each_recording("gemini", stream=True, ok=True)
def test_a_recorded_stream_written_as_an_array_reads_the_same(recording: Recording) -> None:
    events = decoded([recording.stream_bytes()])
    encoder = CHAT.array_stream_encoder(None, Receipt())
    data = b"".join([encoder.encode(event) for event in events]) + encoder.close()
    assert isinstance(wire.parse(data), list)
    assert collect(decoded([data])) == collect(events)


def without_usage(events: list[Event]) -> list[Event]:
    return [event for event in events if not isinstance(event, UsageSeen)]


@each_recording("gemini", stream=True, ok=True)
def test_sniffing_a_recorded_stream_finds_what_decoding_it_finds(recording: Recording) -> None:
    data = recording.stream_bytes()
    found = [event for chunk in chunks_of(data) for event in DIALECT.sniff(wire.dump(chunk))]
    usage: Usage | None = None
    for event in found:
        if isinstance(event, UsageSeen):
            usage = usage.merged(event.usage) if usage else event.usage
    assert usage == collect(decoded([data])).usage
    assert any(isinstance(event, Finished) for event in found)


@each_recording("gemini", stream=True, ok=True)
def test_a_recorded_stream_cut_short_fails(recording: Recording) -> None:
    data = recording.stream_bytes()
    chunks = chunks_of(data)
    if len(chunks) < 2:
        pytest.skip("one chunk: it cannot end early")
    events = decoded([data[: len(data) // 2]])
    assert isinstance(events[-1], Failed)
    last = frames(streamed(events))[-1]
    assert text_at(object_at(last, "error") or {}, "status") == "INTERNAL"
