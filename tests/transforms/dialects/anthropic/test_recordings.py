"""Everything that was recorded of Anthropic's wire passes through the dialect unharmed."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from anthropic._models import construct_type_unchecked
from anthropic.lib.streaming._beta_messages import accumulate_event
from anthropic.types.beta import BetaRawMessageStreamEvent
from anthropic.types.beta.parsed_beta_message import ParsedBetaMessage

from plexus.transforms import wire
from plexus.transforms.assemble import collect
from plexus.transforms.codec import Head, Receipt, Traits
from plexus.transforms.dialects.anthropic import DIALECT
from plexus.transforms.errors import GatewayError
from plexus.transforms.events import Event, Finished, UsageSeen
from plexus.transforms.ir import ChatResponse, Usage
from plexus.transforms.wire import JsonObject
from tests.strategies import bytewise, pieces
from tests.transforms.dialects.anthropic.canonical import canonical_request, canonical_response
from tests.transforms.dialects.anthropic.rules import check_stream, decoded, encoded, payloads
from tests.wire_files import ClientCall, Recording, each_client_call, each_recording

ANTHROPIC = Traits(official=True, inline_system=True)
FEW = 20_000  # bytes that are split one by one


def is_message_request(recording: Recording) -> bool:
    """Whether a recording has a request of this dialect, under one of its paths."""
    request = wire.object_at(recording.load(), "request") or {}
    path = urlsplit(wire.text_at(request, "url") or "").path
    head = Head(wire.text_at(request, "method") or "", path, "", {})
    return isinstance(request.get("body"), dict) and DIALECT.match(head) is not None


def is_message(recording: Recording) -> bool:
    """Whether a recording has a whole answer of this dialect."""
    body = recording.response_body()
    return isinstance(body, dict) and body.get("type") == "message"


def is_error(recording: Recording) -> bool:
    """Whether a recording has an error reply."""
    return recording.status >= 400


def is_stream(recording: Recording) -> bool:
    """Whether a recording has a stream."""
    return isinstance(recording.response_body(), str)


@each_recording("anthropic-messages", ok=True, where=is_message_request)
def test_a_request_comes_out_as_it_went_in(recording: Recording) -> None:
    request = wire.object_at(recording.load(), "request") or {}
    check_round_trip("POST", wire.text_at(request, "url") or "", wire.object_at(request, "body"))


@each_client_call("/messages")
def test_a_real_clients_request_comes_out_as_it_went_in(call: ClientCall) -> None:
    body = call.body if isinstance(call.body, dict) else None
    check_round_trip(call.method, call.path, body)


def check_round_trip(method: str, url: str, body: JsonObject | None) -> None:
    """Assert that a request survives decoding and encoding, with nothing dropped."""
    match = DIALECT.match(Head(method, urlsplit(url).path, "", {}))
    assert match is not None
    assert body is not None
    receipt = Receipt()
    request = DIALECT.chat.decode_request(match, body)
    written = wire.parse_object(
        wire.dump(DIALECT.chat.encode_request(request, ANTHROPIC, receipt).body)
    )
    counting = match.operation == "count_tokens"
    assert canonical_request(written, counting=counting) == canonical_request(
        body, counting=counting
    )
    assert [note for note in receipt.notes if note.action == "dropped"] == []


@each_recording("anthropic-messages", where=is_message)
def test_an_answer_comes_out_as_it_went_in(recording: Recording) -> None:
    body = wire.object_at(wire.object_at(recording.load(), "response") or {}, "body") or {}
    receipt = Receipt()
    written = DIALECT.chat.encode_response(DIALECT.chat.decode_response(body), None, receipt)
    assert canonical_response(written) == canonical_response(body)
    assert receipt.notes == ()


@each_recording("anthropic-messages", where=is_message)
def test_sniffing_an_answer_finds_what_decoding_finds(recording: Recording) -> None:
    body = recording.response_body()
    assert isinstance(body, dict)
    response = DIALECT.chat.decode_response(body)
    events = DIALECT.sniff(wire.dump(body))
    assert [event.usage for event in events if isinstance(event, UsageSeen)] == [response.usage]
    assert [event.stop for event in events if isinstance(event, Finished)] == [response.stop]


@each_recording("anthropic-messages", where=is_error)
def test_an_error_reply_is_read(recording: Recording) -> None:
    error = DIALECT.decode_error(recording.status, {}, wire.dump(recording.response_body()))
    assert error.message
    assert error.upstream_status == recording.status
    assert error.code is not None
    assert error.code in wire.dump_text(recording.response_body())


@each_recording("anthropic-messages", where=is_stream)
def test_a_stream_gives_the_same_events_at_any_split(recording: Recording) -> None:
    data = recording.stream_bytes()
    whole = decoded([data])
    rand = random.Random(recording.name)
    cuts = sorted(rand.randrange(len(data)) for _ in range(40))
    assert decoded(pieces(data, cuts)) == whole
    assert decoded([*bytewise(data[:FEW]), data[FEW:]]) == whole


@each_recording("anthropic-messages", where=is_stream)
def test_a_stream_builds_the_message_that_the_sdk_builds(recording: Recording) -> None:
    data = recording.stream_bytes()
    assert written(collect(decoded([data]))) == canonical_response(sdk_message(data))


@each_recording("anthropic-messages", where=is_stream)
def test_a_stream_that_is_written_anew_is_read_the_same(recording: Recording) -> None:
    events = decoded([recording.stream_bytes()])
    receipt = Receipt()
    anew = encoded(events, receipt)
    check_stream(anew)
    assert receipt.notes == ()
    assert written(collect(decoded([anew]))) == written(collect(events))
    assert canonical_response(sdk_message(anew)) == written(collect(events))


@each_recording("anthropic-messages", where=is_stream)
def test_sniffing_a_stream_finds_what_decoding_finds(recording: Recording) -> None:
    data = recording.stream_bytes()
    sniffed = [
        event
        for payload in first_answer(data)
        if any(marker in (frame := wire.dump(payload)) for marker in DIALECT.markers)
        for event in DIALECT.sniff(frame)
    ]
    answer = collect(decoded([data]))
    assert merged(sniffed) == merged([UsageSeen(answer.usage)] if answer.usage else [])
    assert [event.stop for event in sniffed if isinstance(event, Finished)][-1:] == [answer.stop]


def written(response: ChatResponse) -> JsonObject:
    """An answer as it goes to a client, in canonical form."""
    return canonical_response(DIALECT.chat.encode_response(response, None, Receipt()))


def merged(events: list[Event]) -> tuple[int | None, ...] | None:
    """The counts of all usage that was seen."""
    usage: Usage | None = None
    for event in events:
        if isinstance(event, UsageSeen):
            usage = usage.merged(event.usage) if usage else event.usage
    if usage is None:
        return None
    return (usage.input, usage.output, usage.cache_read, usage.cache_write, usage.reasoning)


def first_answer(data: bytes) -> list[JsonObject]:
    """The payloads up to the first `message_stop`: a few recordings hold several answers."""
    found = []
    for payload in payloads(data):
        found.append(payload)
        if payload["type"] == "message_stop":
            break
    return found


def sdk_message(data: bytes) -> JsonObject:
    """The message that Anthropic's own client accumulates from a stream."""
    read: Callable[..., Any] = construct_type_unchecked  # as the SDK's own stream does
    snapshot: ParsedBetaMessage[None] | None = None
    buffers: dict[int, bytes] = {}
    for payload in first_answer(data):
        if payload["type"] == "ping":
            continue
        snapshot = accumulate_event(
            event=read(value=payload, type_=BetaRawMessageStreamEvent),
            current_snapshot=snapshot,
            json_bufs=buffers,
            request_headers=httpx2.Headers(),
        )
    assert snapshot is not None
    return wire.parse_object(snapshot.to_json(warnings=False, exclude_unset=False))


def test_a_message_that_is_none_is_refused() -> None:
    with pytest.raises(GatewayError, match="where its content should be"):
        DIALECT.chat.decode_response({"input_tokens": 7})
