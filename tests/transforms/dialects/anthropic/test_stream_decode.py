"""Streams are read, orderly or not."""

from __future__ import annotations

import pytest

from plexus.transforms import wire
from plexus.transforms.assemble import collect
from plexus.transforms.dialects.anthropic.response import decode_response
from plexus.transforms.errors import Kind
from plexus.transforms.events import (
    BlockDelta,
    BlockEnded,
    BlockStarted,
    Event,
    Failed,
    Finished,
    Sealed,
    Started,
    UsageSeen,
)
from plexus.transforms.ir import Seal, Stop, Text, Thinking, ToolCall, Usage
from plexus.transforms.sse import MAX_FRAME
from plexus.transforms.wire import Json, JsonObject
from tests.transforms.dialects.anthropic.rules import decoded, stream

START: JsonObject = {
    "type": "message_start",
    "message": {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude",
        "content": [],
        "stop_reason": None,
        "usage": {"input_tokens": 9, "output_tokens": 1},
    },
}
DELTA: JsonObject = {
    "type": "message_delta",
    "delta": {"stop_reason": "end_turn", "stop_sequence": None},
    "usage": {"output_tokens": 5},
}
STOP: JsonObject = {"type": "message_stop"}
PING: JsonObject = {"type": "ping"}
BEGUN: list[Event] = [
    Started(id="msg_1", model="claude"),
    UsageSeen(Usage(input=9, output=1, provisional=True, ext={"messages": {}})),
]
USED = UsageSeen(Usage(input=9, output=5, ext={"messages": {}}))


def start(block: JsonObject, index: int = 0) -> JsonObject:
    """The start of a block."""
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(fields: JsonObject, index: int = 0) -> JsonObject:
    """A delta of a block."""
    return {"type": "content_block_delta", "index": index, "delta": fields}


def text(words: str, index: int = 0) -> JsonObject:
    """A delta of text."""
    return delta({"type": "text_delta", "text": words}, index)


def stop(index: int = 0) -> JsonObject:
    """The end of a block."""
    return {"type": "content_block_stop", "index": index}


def events_of(*payloads: JsonObject) -> list[Event]:
    """The events of a stream."""
    return decoded([stream(*payloads)])


def test_an_orderly_stream_is_read() -> None:
    assert events_of(
        START,
        start({"type": "thinking", "thinking": "", "signature": ""}),
        PING,
        delta({"type": "thinking_delta", "thinking": "hm"}),
        delta({"type": "signature_delta", "signature": "c2ln"}),
        stop(),
        start({"type": "text", "text": ""}, 1),
        text("so", 1),
        stop(1),
        start({"type": "tool_use", "id": "t", "name": "f", "input": {}}, 2),
        delta({"type": "input_json_delta", "partial_json": ""}, 2),
        delta({"type": "input_json_delta", "partial_json": '{"a"'}, 2),
        delta({"type": "input_json_delta", "partial_json": ": 1}"}, 2),
        stop(2),
        {**DELTA, "delta": {"stop_reason": "tool_use"}},
        STOP,
    ) == [
        *BEGUN,
        BlockStarted(index=0, block=Thinking()),
        BlockDelta(0, "thinking", "hm"),
        Sealed(0, Seal(dialect="messages", kind="signature", data="c2ln")),
        BlockEnded(index=0),
        BlockStarted(index=1, block=Text(text="")),
        BlockDelta(1, "text", "so"),
        BlockEnded(index=1),
        BlockStarted(index=2, block=ToolCall(id="t", name="f")),
        BlockDelta(2, "arguments", '{"a"'),
        BlockDelta(2, "arguments", ": 1}"),
        BlockEnded(index=2),
        USED,
        Finished(stop=Stop.TOOL),
    ]


def test_frames_may_be_padded_and_unnamed() -> None:
    padded = b"".join(
        b"data: " + wire.dump(payload) + b"     \n\n" for payload in (START, DELTA, STOP)
    )
    assert decoded([padded]) == [*BEGUN, USED, Finished(stop=Stop.END)]


def test_blocks_may_be_open_at_once() -> None:
    events = events_of(
        START,
        start({"type": "tool_use", "id": "a", "name": "f", "input": {}}, 0),
        start({"type": "tool_use", "id": "b", "name": "f", "input": {}}, 1),
        delta({"type": "input_json_delta", "partial_json": '{"x":'}, 0),
        delta({"type": "input_json_delta", "partial_json": '{"y":2}'}, 1),
        delta({"type": "input_json_delta", "partial_json": "1}"}, 0),
        stop(1),
        stop(0),
        DELTA,
        STOP,
    )
    assert [part.arguments for part in collect(events).parts if isinstance(part, ToolCall)] == [
        '{"x":1}',
        '{"y":2}',
    ]


def test_all_that_the_end_says_is_kept() -> None:
    events = events_of(
        {**START, "message": {"id": "m", "model": "c", "container": {"id": "c"}, "x": 1}},
        {
            **DELTA,
            "delta": {"stop_reason": "stop_sequence", "stop_sequence": "##", "novelty": 2},
            "context_management": {"applied_edits": []},
        },
        STOP,
    )
    assert events[0] == Started(id="m", model="c", ext={"messages": {"x": 1}})
    assert events[-1] == Finished(
        stop=Stop.SEQUENCE,
        stop_sequence="##",
        ext={
            "messages": {
                "container": {"id": "c"},
                "novelty": 2,
                "context_management": {"applied_edits": []},
            }
        },
    )


def test_a_turn_may_stand_whole_in_its_start() -> None:
    message: JsonObject = {
        "id": "m",
        "model": "c",
        "content": [
            {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}},
            {"type": "text", "text": "so"},
            3,
        ],
        "stop_reason": "tool_use",
        "usage": {"output_tokens": 0},
    }
    response = collect(events_of({"type": "message_start", "message": message}, STOP))
    assert response.parts == (ToolCall(id="t", name="f", arguments='{"a":1}'), Text(text="so"))
    assert response.stop is Stop.TOOL


def test_a_whole_answer_instead_of_a_stream_is_read() -> None:
    message: JsonObject = {
        "id": "m",
        "type": "message",
        "model": "c",
        "content": [{"type": "text", "text": "hi"}],
        "stop_reason": "end_turn",
    }
    assert collect(decoded([wire.dump(message)])) == decode_response(message)
    failed = decoded([b'{"type":"error","error":{"type":"overloaded_error","message":"m"}}'])
    assert kinds(failed) == [Kind.OVERLOADED]
    assert kinds(decoded([b"{broken"])) == [Kind.UPSTREAM_INVALID]


def test_a_stream_that_forgets_its_last_event_is_finished() -> None:
    assert events_of(START, DELTA) == [*BEGUN, USED, Finished(stop=Stop.END)]


def test_the_last_frame_needs_no_empty_line() -> None:
    data = stream(START, DELTA, STOP)
    assert decoded([data[:-2]]) == decoded([data])


def test_a_stream_that_forgets_its_end_ends_its_blocks() -> None:
    assert events_of(START, start({"type": "text", "text": "a"}), DELTA, STOP)[2:] == [
        BlockStarted(index=0, block=Text(text="a")),
        USED,
        BlockEnded(index=0),
        Finished(stop=Stop.END),
    ]


def test_a_stream_that_forgets_its_start_gets_one() -> None:
    assert events_of(text("a"), STOP) == [
        Started(id="", model=""),
        BlockStarted(index=0, block=Text(text="")),
        BlockDelta(0, "text", "a"),
        BlockEnded(index=0),
        Finished(stop=Stop.OTHER),
    ]
    thinking = events_of(START, delta({"type": "thinking_delta", "thinking": "hm"}, 4), STOP)
    assert thinking[2] == BlockStarted(index=0, block=Thinking())
    assert events_of(START, delta({"type": "input_json_delta", "partial_json": "{"}))[2:-1] == []


def test_a_block_that_starts_again_ends_first() -> None:
    events = events_of(START, start({"type": "text", "text": "a"}), start({"type": "x"}), STOP)
    assert [type(event) for event in events[2:6]] == [
        BlockStarted,
        BlockEnded,
        BlockStarted,
        BlockEnded,
    ]


@pytest.mark.parametrize("upto", range(1, 5))
def test_a_stream_that_breaks_off_is_a_failure(upto: int) -> None:
    frames = [START, start({"type": "text", "text": ""}), text("a"), stop()]
    events = events_of(*frames[:upto])
    assert kinds(events) == [Kind.UPSTREAM_DOWN]


def test_an_error_ends_the_stream() -> None:
    error: JsonObject = {
        "type": "error",
        "error": {"type": "overloaded_error", "message": "Overloaded"},
    }
    events = events_of(START, text("a"), error, text("b"), DELTA, STOP)
    assert kinds(events) == [Kind.OVERLOADED]
    assert isinstance(events[-1], Failed)
    assert events[-1].error.message == "Overloaded"


@pytest.mark.parametrize(
    "data",
    [
        b"event: error\ndata: upstream is gone\n\n",
        b'event: error\ndata: "upstream is gone"\n\n',
        b'data: {"error": {"message": "upstream is gone"}}\n\n',
        b'event: error\ndata: {"message": "upstream is gone"}\n\n',
    ],
)
def test_an_error_of_any_form_is_told(data: bytes) -> None:
    (failed,) = decoded([data])
    assert isinstance(failed, Failed)
    assert failed.error.message == "upstream is gone"


def test_what_says_nothing_is_passed_over() -> None:
    noise = b": hello\n\ndata: [DONE]\n\ndata: null\n\ndata: 3\n\nevent: x\n\n"
    odd: list[Json] = [3, None]
    assert decoded([stream(START), noise, stream(PING, {"type": "novelty"}, DELTA, STOP)]) == [
        *BEGUN,
        USED,
        Finished(stop=Stop.END),
    ]
    events = events_of(
        START,
        {"type": "content_block_start", "index": 0, "content_block": odd},
        {"type": "content_block_delta", "index": odd, "delta": odd},
        {"type": "content_block_stop", "index": "x"},
        DELTA,
        STOP,
    )
    assert events == [*BEGUN, USED, Finished(stop=Stop.END)]


def test_data_that_is_no_json_is_a_failure() -> None:
    assert kinds(decoded([stream(START), b"data: {broken\n\n"])) == [Kind.UPSTREAM_INVALID]


def test_a_frame_without_end_is_a_failure() -> None:
    endless = b"data: " + bytes(MAX_FRAME)
    assert kinds(decoded([stream(START), endless])) == [Kind.UPSTREAM_INVALID]


def test_what_comes_after_the_end_is_ignored() -> None:
    assert events_of(START, DELTA, STOP, START, text("b"), STOP) == [
        *BEGUN,
        USED,
        Finished(stop=Stop.END),
    ]


def test_a_second_start_adds_only_its_usage() -> None:
    events = events_of(START, START, DELTA, STOP)
    assert sum(isinstance(event, Started) for event in events) == 1


def test_later_usage_corrects_what_the_start_said() -> None:
    corrected: JsonObject = {**DELTA, "usage": {"input_tokens": 4, "output_tokens": 5}}
    assert collect(events_of(START, corrected, STOP)).usage == Usage(
        input=4, output=5, ext={"messages": {}}
    )
    zeros: JsonObject = {**DELTA, "usage": {"input_tokens": 0, "output_tokens": 5}}
    usage = collect(events_of(START, zeros, STOP)).usage
    assert usage is not None
    assert usage.input == 9


def kinds(events: list[Event]) -> list[Kind]:
    """The kinds of the failures among events."""
    return [event.error.kind for event in events if isinstance(event, Failed)]
