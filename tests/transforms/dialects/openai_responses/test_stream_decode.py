"""Streams as they are read."""

from __future__ import annotations

import pytest

from plexus.transforms.assemble import collect
from plexus.transforms.dialects.openai_responses.stream_decode import ResponsesStreamDecoder
from plexus.transforms.errors import Kind
from plexus.transforms.events import (
    BlockDelta,
    BlockEnded,
    BlockStarted,
    Event,
    Failed,
    Finished,
    Started,
    UsageSeen,
)
from plexus.transforms.ir import Media, Opaque, Stop, Text, Thinking, ToolCall, Usage
from plexus.transforms.sse import MAX_FRAME
from plexus.transforms.wire import JsonObject
from tests.transforms.dialects.openai_responses.rules import (
    check_balanced,
    decoded,
    read_stream,
    stream_of,
)

RESPONSE: JsonObject = {
    "id": "resp_1",
    "object": "response",
    "created_at": 7,
    "model": "m",
    "status": "in_progress",
    "output": [],
    "service_tier": "auto",
}
CREATED: JsonObject = {"type": "response.created", "response": RESPONSE}
DELTA: JsonObject = {
    "type": "response.output_text.delta",
    "output_index": 0,
    "content_index": 0,
    "delta": "a",
}


def ended(kind: str = "completed", **fields: object) -> JsonObject:
    """The event that ends a stream."""
    response = {**RESPONSE, "status": kind, **fields}
    return {"type": f"response.{kind}", "response": response}  # type: ignore[dict-item]  # JSON


def last(events: list[Event]) -> Event:
    """The last event, of a balanced stream."""
    check_balanced(events)
    return events[-1]


def test_a_stream_starts_tells_and_finishes() -> None:
    usage = {"input_tokens": 1, "output_tokens": 2}
    events = read_stream(CREATED, DELTA, ended(usage=usage, service_tier="default"))
    assert events == [
        Started(id="resp_1", model="m", created=7, ext={"responses": {"service_tier": "auto"}}),
        BlockStarted(index=0, block=Text(text="", ext={"responses": {"item": {}}})),
        BlockDelta(0, "text", "a"),
        BlockEnded(index=0),
        UsageSeen(Usage(input=1, output=2)),
        Finished(stop=Stop.END, ext={"responses": {"service_tier": "default"}}),
    ]


def test_what_follows_the_end_is_ignored() -> None:
    events = read_stream(CREATED, ended(), DELTA, ended("failed"))
    assert isinstance(last(events), Finished)


@pytest.mark.parametrize("event", [{"type": "keepalive"}, {"type": "response.web_search_call.x"}])
def test_signs_of_life_and_progress_say_nothing(event: JsonObject) -> None:
    assert read_stream(CREATED, event, ended()) == read_stream(CREATED, ended())


@pytest.mark.parametrize("noise", [b": ping\n\n", b"data: [DONE]\n\n", b"\n\n"])
def test_comments_and_chats_own_ending_say_nothing(noise: bytes) -> None:
    data = stream_of(CREATED, ended())
    assert decoded([noise, data, noise]) == decoded([data])


def test_a_cost_in_a_comment_counts() -> None:
    data = stream_of(CREATED) + b': cost {"request_cost_usd":0.5}\n\n' + stream_of(ended())
    assert UsageSeen(Usage(cost=0.5)) in decoded([data])


def test_the_name_of_the_frame_may_stand_in_for_the_type() -> None:
    data = b'event: response.output_text.delta\ndata: {"delta":"a","output_index":0}\n\n'
    events = decoded([stream_of(CREATED), data, stream_of(ended())])
    assert BlockDelta(0, "text", "a") in events


@pytest.mark.parametrize(
    ("events", "kind"),
    [
        ([CREATED, DELTA], Kind.UPSTREAM_DOWN),
        ([], Kind.UPSTREAM_DOWN),
        ([CREATED, {"type": "error", "code": "rate_limit_exceeded", "message": "m"}],
         Kind.RATE_LIMITED),
        ([{"type": "error", "error": {"code": "server_error", "message": "m"}}],
         Kind.UPSTREAM_DOWN),
        ([{"error": {"code": "context_length_exceeded", "message": "m"}}],
         Kind.CONTEXT_OVERFLOW),
        ([CREATED, ended("failed", error={"code": "server_error", "message": "m"})],
         Kind.UPSTREAM_DOWN),
        ([CREATED, {"type": "response.completed",
                    "response": {"status": "failed", "error": {"code": "invalid_prompt"}}}],
         Kind.BAD_REQUEST),
    ],
)  # fmt: skip
def test_a_broken_stream_ends_in_a_failure(events: list[JsonObject], kind: Kind) -> None:
    failed = last(read_stream(*events))
    assert isinstance(failed, Failed)
    assert failed.error.kind is kind


def test_a_failed_response_may_have_cost_something() -> None:
    events = read_stream(CREATED, ended("failed", usage={"input_tokens": 9}))
    assert events[-2] == UsageSeen(Usage(input=9))


def test_a_frame_that_is_no_json_is_a_failure() -> None:
    failed = last(decoded([stream_of(CREATED), b"data: oops\n\n", stream_of(ended())]))
    assert isinstance(failed, Failed)
    assert failed.error.kind is Kind.UPSTREAM_INVALID


def test_a_frame_beyond_all_measure_is_a_failure() -> None:
    decoder = ResponsesStreamDecoder()
    (failed,) = decoder.feed(b"data: " + bytes(MAX_FRAME))
    assert isinstance(failed, Failed)
    assert decoder.feed(b"more") == decoder.close() == []


@pytest.mark.parametrize(
    ("details", "stop", "reason"),
    [
        ({"reason": "max_output_tokens"}, Stop.LENGTH, "max_output_tokens"),
        ({"reason": "content_filter"}, Stop.FILTER, "content_filter"),
        (None, Stop.LENGTH, None),
    ],
)
def test_an_incomplete_response_says_why(
    details: JsonObject | None, stop: Stop, reason: str | None
) -> None:
    finished = last(read_stream(CREATED, DELTA, ended("incomplete", incomplete_details=details)))
    assert isinstance(finished, Finished)
    assert (finished.stop, finished.stop_detail) == (stop, reason)


@pytest.mark.parametrize("response", [{}, {"status": "in_progress"}])
@pytest.mark.parametrize(("kind", "stop"), [("incomplete", Stop.LENGTH), ("done", Stop.END)])
def test_the_events_name_tells_the_end_if_the_response_does_not(
    response: JsonObject, kind: str, stop: Stop
) -> None:
    finished = last(read_stream(CREATED, {"type": f"response.{kind}", "response": response}))
    assert isinstance(finished, Finished)
    assert finished.stop is stop


def test_an_answer_that_only_the_last_event_holds_is_told_then() -> None:
    output = [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "a"}]},
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
        {"type": "image_generation_call", "result": "aGk="},
        {"type": "tool_search_call", "execution": "client"},
    ]
    events = read_stream(ended(output=output))
    assert isinstance(events[0], Started)
    check_balanced(events)
    response = collect(events)
    assert [type(part) for part in response.parts] == [Thinking, Text, ToolCall, Media, Opaque]
    assert response.stop is Stop.TOOL
    assert [event.text for event in events if isinstance(event, BlockDelta)] == ["hm", "a", "{}"]


def test_items_may_begin_in_any_order_of_events() -> None:
    events = read_stream(
        {"type": "response.output_item.added", "output_index": 1,
         "item": {"type": "function_call", "call_id": "c1", "name": "f", "arguments": ""}},
        {"type": "response.function_call_arguments.delta", "output_index": 1, "delta": "{"},
        {**DELTA, "delta": "text"},
        {"type": "response.function_call_arguments.delta", "output_index": 1, "delta": "}"},
        ended(),
    )  # fmt: skip
    check_balanced(events)
    call, text = collect(events).parts
    assert isinstance(call, ToolCall)
    assert isinstance(text, Text)
    assert (call.arguments, text.text) == ("{}", "text")
