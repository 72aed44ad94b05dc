"""Real requests, answers and streams, read and written again: nothing may be lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from plexus.transforms.assemble import collect, replay
from plexus.transforms.codec import Head, Operation, Receipt, Traits
from plexus.transforms.dialects.openai_responses import DIALECT
from plexus.transforms.errors import Kind
from plexus.transforms.events import Event, Finished, Started, UsageSeen
from plexus.transforms.ir import Usage
from plexus.transforms.wire import JsonObject, dump, object_at, objects_at, text_at
from tests.strategies import bytewise
from tests.transforms.dialects.openai_responses.canonical import (
    canonical_request,
    canonical_response,
    terminal,
    without_seals,
)
from tests.transforms.dialects.openai_responses.rules import (
    CHAT,
    check_balanced,
    check_lifecycle,
    check_response,
    decoded,
    event_type,
    frames,
    read_request,
    streamed,
    write_request,
)
from tests.wire_files import ClientCall, Recording, each_client_call, each_recording

FORMATS = ("openai-responses", "other-openai-compatible:open-responses")
SPLIT_BYTEWISE = 20_000  # bytes


def is_call(recording: Recording) -> bool:
    """Whether it creates a response: not a token count, not a compaction."""
    request = object_at(recording.load(), "request") or {}
    path = (text_at(request, "url") or "/responses").partition("?")[0]
    return path.endswith("/responses") or "/responses/resp_" in path


def has_request(recording: Recording) -> bool:
    """Whether the request was recorded."""
    return is_call(recording) and isinstance(recording.request_body(), dict)


def is_whole(recording: Recording) -> bool:
    """Whether it is an answer in one piece."""
    return is_call(recording) and isinstance(recording.response_body(), dict)


def is_stream(recording: Recording) -> bool:
    """Whether it is an answer in a stream."""
    return is_call(recording) and isinstance(recording.response_body(), str)


def body_of(recording: Recording) -> JsonObject:
    """The recorded answer."""
    body = recording.response_body()
    assert isinstance(body, dict)
    return body


@each_recording(*FORMATS, where=has_request)
@pytest.mark.parametrize("official", [False, True])
def test_a_request_is_written_as_it_was_read(recording: Recording, official: bool) -> None:
    body = recording.request_body()
    assert isinstance(body, dict)
    written, notes = write_request(read_request(body), official=official)
    assert notes == []
    assert canonical_request(written) == canonical_request(body)


@each_client_call("/responses")
def test_a_clients_request_is_written_as_it_was_read(call: ClientCall) -> None:
    head = Head(call.method, call.path.partition("?")[0], "", dict(call.headers))
    match = DIALECT.match(head)
    if call.method != "POST":
        assert match is None  # Codex asks for a WebSocket first
        return
    assert match is not None
    assert match.operation is Operation.CHAT
    assert isinstance(call.body, dict)
    receipt = Receipt()
    request = CHAT.decode_request(match, call.body)
    written = CHAT.encode_request(request, Traits(official=True), receipt).body
    assert receipt.notes == ()
    assert canonical_request(written) == canonical_request(call.body)


@each_recording(*FORMATS, ok=True, where=is_whole)
def test_an_answer_is_written_as_it_was_read(recording: Recording) -> None:
    body, receipt = body_of(recording), Receipt()
    written = CHAT.encode_response(CHAT.decode_response(body), None, receipt)
    assert receipt.notes == ()
    assert canonical_response(written) == canonical_response(body)
    if is_strict(canonical_response(body)):
        check_response(written)


def is_strict(body: JsonObject) -> bool:
    """Whether the SDK's types, which are newer than most recordings, take the original."""
    try:
        check_response(body)
    except ValidationError:
        return False
    return True


def is_over(recording: Recording) -> bool:
    """Whether it is a whole answer that is not still to come, as in the background."""
    return is_whole(recording) and body_of(recording).get("status") not in ("queued", "in_progress")


@each_recording(*FORMATS, ok=True, where=is_over)
def test_an_answer_survives_being_played_as_a_stream(recording: Recording) -> None:
    response = CHAT.decode_response(body_of(recording))
    data = streamed(replay(response))
    last = terminal(frames(data))
    assert last is not None
    check_lifecycle(frames(data), last)
    ours = collect(decoded([data]))
    assert [type(part) for part in ours.parts] == [type(part) for part in response.parts]
    assert (ours.stop, ours.id) == (response.stop, last["id"])


@each_recording(*FORMATS, ok=True, where=is_stream)
def test_a_streams_events_do_not_depend_on_where_it_is_cut(recording: Recording) -> None:
    data = recording.stream_bytes()
    whole = decoded([data])
    check_balanced(whole)
    head, tail = data[:SPLIT_BYTEWISE], data[SPLIT_BYTEWISE:]
    assert same(decoded([*bytewise(head), tail]), whole)
    assert same(decoded([data[i : i + 1021] for i in range(0, len(data), 1021)]), whole)


def same(a: list[Event], b: list[Event]) -> bool:
    """Compare events; errors by their text."""
    return [str(event) for event in a] == [str(event) for event in b]


@each_recording(*FORMATS, ok=True, where=is_stream)
def test_a_stream_makes_the_answer_that_its_last_event_repeats(recording: Recording) -> None:
    data = recording.stream_bytes()
    last = terminal(frames(data))
    assert last is not None
    receipt = Receipt()
    written = CHAT.encode_response(collect(decoded([data])), None, receipt)
    assert receipt.notes == ()
    assert comparable(written, recording) == comparable(last, recording)


def comparable(body: JsonObject, recording: Recording) -> JsonObject:
    """The answer as it may be expected from the stream's events."""
    out = without_seals(canonical_response(body))
    items = objects_at(out, "output")
    if has_changing_ids(recording):
        for thing in (out, *items):
            thing.pop("id", None)
    # An item whose end was left out can only come last.
    items.sort(key=lambda item: (text_at(item, "type") or "", text_at(item, "id") or ""))
    return {**out, "output": [*items]}


def has_changing_ids(recording: Recording) -> bool:
    """Whether everything has another id in each event, as at Copilot."""
    responses = [object_at(event, "response") for event in frames(recording.stream_bytes())]
    return len({text_at(response, "id") for response in responses if response is not None}) > 1


@each_recording(*FORMATS, ok=True, where=is_stream)
def test_a_stream_is_written_as_one_that_reads_the_same(recording: Recording) -> None:
    events = decoded([recording.stream_bytes()])
    data = streamed(events)
    assert plain(decoded([data])) == plain(events)
    last = terminal(frames(data))
    assert last is not None
    check_lifecycle(frames(data), last)
    if all(is_known(event) for event in frames(recording.stream_bytes())):
        assert all(is_known(event) for event in frames(data))


def plain(events: list[Event]) -> list[Event]:
    """The events without what an encoder adds by right: defaults, ids, zeros."""
    out: list[Event] = []
    for event in events:
        match event:
            case Started():
                out.append(Started(id="", model=event.model, created=event.created))
            case UsageSeen(usage):
                out.append(UsageSeen(replace(usage, cache_write=usage.cache_write or 0, ext={})))
            case Finished():
                out.append(replace(event, ext={}))
            case _:
                out.append(event)
    return [without_ids(event) for event in out]


def without_ids(event: Event) -> Event:
    """The event without ids that change within one stream (Copilot), and without empty extras."""
    block = getattr(event, "block", None)
    if block is None or not hasattr(block, "ext"):
        return event
    return replace(event, block=replace(block, ext={}))


def is_known(event: JsonObject) -> bool:
    """Whether the SDK's types take an event."""
    try:
        event_type().validate_python(event)
    except ValidationError:
        return False
    return True


@each_recording(*FORMATS, ok=True, where=is_stream)
def test_sniffing_sees_the_end_that_decoding_sees(recording: Recording) -> None:
    seen: list[Event] = []
    for event in frames(recording.stream_bytes()):
        data = dump(event)
        if any(marker in data for marker in DIALECT.markers):
            seen += DIALECT.sniff(data)
    events = decoded([recording.stream_bytes()])
    assert usage_of(seen[:2]) == usage_of(events)
    assert stop_of(seen) == stop_of(events)


def usage_of(events: list[Event]) -> Usage | None:
    """The usage that was told."""
    return next((event.usage for event in events if isinstance(event, UsageSeen)), None)


def stop_of(events: list[Event]) -> str | None:
    """Why the answer ended."""
    return next((event.stop for event in events if isinstance(event, Finished)), None)


@each_recording(*FORMATS, ok=False)
def test_an_error_reply_tells_kind_and_message(recording: Recording) -> None:
    body = body_of(recording)
    error = DIALECT.decode_error(recording.status, {}, dump(body))
    told = object_at(body, "error") or {}
    expected = {
        401: Kind.UPSTREAM_AUTH,
        400: Kind.NOT_FOUND if told.get("code") == "model_not_found" else Kind.BAD_REQUEST,
    }
    assert error.kind is expected.get(recording.status, error.kind)
    assert (error.code, error.where) == (told.get("code"), told.get("param"))
    assert error.message
    assert error.upstream_status == recording.status
