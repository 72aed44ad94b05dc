"""Streams as clients get them."""

from __future__ import annotations

from plexus.transforms.assemble import replay
from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.openai_responses.stream_encode import ResponsesStreamEncoder
from plexus.transforms.errors import GatewayError, Kind
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
from plexus.transforms.ir import (
    ChatResponse,
    Choice,
    Refusal,
    Stop,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from plexus.transforms.wire import object_at, objects_at
from tests.transforms.dialects.openai_responses.rules import (
    check_stream,
    frames,
    kinds,
    streamed,
)

STARTED = Started(id="msg_1", model="m", created=7)
BUSY = Failed(GatewayError(Kind.OVERLOADED, "busy", code="server_error"))


def test_a_stream_is_one_that_the_sdk_follows() -> None:
    parts = (
        Thinking(text="hm"),
        Text(text="a"),
        ToolCall(id="c1", name="f", arguments="{}"),
        ToolCall(id="c2", name="g", arguments='{"a":1}'),
        Refusal(text="no"),
    )
    answer = ChatResponse(
        id="msg_1",
        model="m",
        choices=(Choice(parts=parts, stop=Stop.TOOL),),
        usage=Usage(input=1, output=2, cache_read=3),
    )
    response = check_stream(streamed(replay(answer)))
    assert response is not None
    assert response["status"] == "completed"
    assert (object_at(response, "usage") or {})["input_tokens"] == 4


def test_parallel_calls_may_be_told_in_turns() -> None:
    events: list[Event] = [
        STARTED,
        BlockStarted(index=0, block=ToolCall(id="c1", name="f")),
        BlockStarted(index=1, block=ToolCall(id="c2", name="g")),
        BlockDelta(0, "arguments", "{"),
        BlockDelta(1, "arguments", "["),
        BlockDelta(0, "arguments", "}"),
        BlockDelta(1, "arguments", "]"),
        BlockEnded(index=1),
        BlockEnded(index=0),
        Finished(stop=Stop.TOOL),
    ]
    response = check_stream(streamed(events))
    assert response is not None
    assert [item["arguments"] for item in objects_at(response, "output")] == ["{}", "[]"]


def test_the_last_event_waits_for_the_usage_that_may_follow() -> None:
    encoder = ResponsesStreamEncoder(None, Receipt())
    before = encoder.encode(STARTED) + encoder.encode(Finished(stop=Stop.END))
    assert kinds(frames(before)) == ["created", "in_progress"]
    assert encoder.encode(UsageSeen(Usage(input=1))) == b""
    assert kinds(frames(encoder.close())) == ["completed"]
    assert encoder.close() == encoder.encode(STARTED) == b""


def test_no_stream_ends_in_done() -> None:
    assert b"[DONE]" not in streamed([STARTED, Finished(stop=Stop.END)])


def test_a_failure_after_the_start_fails_the_response() -> None:
    events = [STARTED, BlockStarted(index=0, block=Text(text="a")), BUSY, Finished(stop=Stop.END)]
    response = check_stream(streamed(events))
    assert response is not None
    assert response["error"] == {"code": "server_error", "message": "busy"}
    assert objects_at(response, "output")[0]["status"] == "incomplete"


def test_a_failure_before_the_start_is_an_error_event() -> None:
    data = streamed([BUSY, STARTED])
    assert check_stream(data) is None
    assert frames(data)[0]["message"] == "busy"


def test_an_answer_that_was_cut_off_is_incomplete() -> None:
    response = check_stream(streamed([STARTED, BlockStarted(index=0, block=Text(text="a"))]))
    assert response is not None
    assert response["status"] == "incomplete"
