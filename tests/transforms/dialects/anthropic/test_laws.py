"""Laws that hold for whatever is fed in."""

from __future__ import annotations

import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from plexus.transforms import wire
from plexus.transforms.assemble import collect, replay
from plexus.transforms.codec import Match, Operation, Receipt, Traits
from plexus.transforms.dialects.anthropic import DIALECT
from plexus.transforms.envelope import envelope_to_seal
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.events import (
    BlockEnded,
    BlockStarted,
    Event,
    Failed,
    Finished,
    Started,
)
from plexus.transforms.ir import ChatRequest, ChatResponse, Stop
from plexus.transforms.sse import frame
from plexus.transforms.wire import Json, JsonObject, objects_at, text_at
from tests.strategies import (
    bytewise,
    cut_event_streams,
    event_streams,
    json_objects,
    json_values,
    pieces,
    requests,
    responses,
    splits,
)
from tests.transforms.dialects.anthropic.canonical import canonical_response
from tests.transforms.dialects.anthropic.rules import (
    check_request,
    check_stream,
    decoded,
    encoded,
    payloads,
    stream,
)

CHAT = Match(Operation.CHAT)
KINDS = st.sampled_from(
    ["text", "thinking", "redacted_thinking", "tool_use", "tool_result", "image", "document", "x"]
)
BLOCKS = st.fixed_dictionaries(
    {"type": KINDS | json_values(2)},
    optional={
        key: json_values(3)
        for key in (
            "text", "thinking", "signature", "data", "id", "name", "input", "source", "citations",
            "tool_use_id", "content", "is_error", "cache_control",
        )
    },
)  # fmt: skip
STREAM_EVENTS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            [
                "message_start", "content_block_start", "content_block_delta", "content_block_stop",
                "message_delta", "message_stop", "ping", "error", "unheard_of",
            ]
        )
    },
    optional={
        "index": st.integers(0, 2) | json_values(2),
        "message": json_objects() | st.fixed_dictionaries({"content": st.lists(BLOCKS)}),
        "content_block": BLOCKS | json_values(3),
        "delta": json_objects()
        | st.fixed_dictionaries({"type": st.just("text_delta"), "text": json_values(1)})
        | st.fixed_dictionaries({"stop_reason": st.sampled_from(["end_turn", "x"])}),
        "usage": json_values(3) | st.fixed_dictionaries({"output_tokens": json_values(1)}),
        "error": json_values(3),
    },
)  # fmt: skip
STREAMS = st.lists(STREAM_EVENTS, max_size=12).map(
    lambda events: b"".join(stream(wire.parse_object(wire.dump(event))) for event in events)
)
FIRST = stream(
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
)
# Usual deltas, and those that look like one.
DELTAS = st.builds(
    lambda kind, key, words, end: (
        b'data: {"type":"%b","index":0,"delta":{"%b":%b%b\n\n' % (kind, key, wire.dump(words), end)
    ),
    st.sampled_from([b"content_block_delta"] * 5 + [b"ping", b"content_block_stop"]),
    st.sampled_from([b"text"] * 5 + [b"thinking", b'text":"', b"partial_json"]),
    st.sampled_from(["a", "b", "", 'x"', "}}", '","text":"'])
    | st.text(max_size=5)
    | st.integers(0, 3),
    st.sampled_from([b"}}"] * 5 + [b"}  }", b"}", b'},"index":1}', b',"text":"z"}}', b"}}}"]),
)
TRAITS = st.builds(
    Traits,
    official=st.booleans(),
    inline_system=st.booleans(),
    image_urls=st.booleans(),
    thinking=st.sampled_from(["budget", "adaptive", "level", None]),
    structured_output=st.booleans(),
    sampling=st.booleans(),
    max_output=st.none() | st.integers(1, 64_000),
)


@given(json_objects() | st.fixed_dictionaries({"model": st.just("m"), "messages": json_values()}))
def test_a_request_of_any_shape_is_read_or_refused(body: JsonObject) -> None:
    try:
        DIALECT.chat.decode_request(CHAT, body)
    except GatewayError as error:
        refusal = error
    else:
        return
    assert refusal.kind is Kind.BAD_REQUEST
    assert refusal.where


@given(
    st.fixed_dictionaries(
        {
            "model": st.just("m"),
            "max_tokens": st.integers(0, 9) | json_values(1),
            "messages": st.lists(
                st.fixed_dictionaries(
                    {
                        "role": st.sampled_from(["user", "assistant", "system"]),
                        "content": st.lists(BLOCKS, max_size=3) | json_values(2),
                    }
                ),
                min_size=1,
                max_size=4,
            ),
        },
        optional={
            key: json_values(3)
            for key in (
                "system", "tools", "tool_choice", "thinking", "output_config", "metadata",
                "temperature", "stop_sequences", "stream", "cache_control", "service_tier",
            )
        },
    ),
    TRAITS,
)  # fmt: skip
def test_a_request_that_can_be_read_can_be_written(body: JsonObject, traits: Traits) -> None:
    try:
        request = DIALECT.chat.decode_request(CHAT, body)
    except GatewayError as error:
        assert error.kind is Kind.BAD_REQUEST  # noqa: PT017 - either outcome is right
        return
    wire.dump(DIALECT.chat.encode_request(request, traits, Receipt()).body)


@given(requests, TRAITS)
def test_every_request_is_written_as_anthropic_takes_it(
    request: ChatRequest, traits: Traits
) -> None:
    assume("messages" not in request.ext)
    body = DIALECT.chat.encode_request(request, traits, Receipt()).body
    check_request(wire.parse_object(wire.dump(body)))


@given(json_objects() | BLOCKS.map(lambda block: {"content": [block]}))
def test_an_answer_of_any_shape_is_read_or_refused(body: JsonObject) -> None:
    try:
        response = DIALECT.chat.decode_response(body)
    except GatewayError as error:
        assert error.kind is not Kind.BAD_REQUEST  # noqa: PT017 - either outcome is right
        return
    wire.dump(DIALECT.chat.encode_response(response, None, Receipt()))


@given(st.binary(max_size=300))
def test_a_stream_of_any_bytes_ends_in_a_failure(data: bytes) -> None:
    assert isinstance(decoded([data])[-1], Failed)


@given(st.binary(max_size=300) | STREAMS)
def test_an_error_of_any_bytes_is_read(data: bytes) -> None:
    assert DIALECT.decode_error(500, {}, data).message


@given(st.binary(max_size=300) | json_values().map(wire.dump))
def test_sniffing_never_raises(data: bytes) -> None:
    DIALECT.sniff(data)


@given(STREAMS, st.randoms(use_true_random=False))
def test_events_do_not_depend_on_how_the_stream_is_cut(data: bytes, rand: random.Random) -> None:
    whole = decoded([data])
    cuts = sorted(rand.randrange(len(data) + 1) for _ in range(5))
    assert told(decoded(pieces(data, cuts))) == told(whole)
    assert told(decoded(bytewise(data))) == told(whole)


@given(event_streams(), st.integers(0, 3))
def test_frames_that_repeat_each_other_read_as_those_that_do_not(
    events: list[Event], blanks: int
) -> None:
    # A comment of its own makes every frame another; it says nothing.
    blocks = [
        block.removesuffix(b"}") + b" " * (blanks * number % 7) + b"}\n\n"
        for number, block in enumerate(encoded(events).split(b"\n\n")[:-1])
    ]
    alone = [b": %d\n%b" % (number, block) for number, block in enumerate(blocks)]
    assert told(decoded(blocks)) == told(decoded(alone))


@given(st.lists(DELTAS, max_size=12))
def test_odd_deltas_among_usual_ones_read_as_they_would_alone(deltas: list[bytes]) -> None:
    blocks = [FIRST, *deltas]
    alone = [b": %d\n%b" % (number, block) for number, block in enumerate(blocks)]
    assert told(decoded(blocks)) == told(decoded(alone))


@given(event_streams())
def test_every_frame_is_printed_as_its_payload_would_be(events: list[Event]) -> None:
    data = encoded(events)
    assert data == b"".join(frame(payload, str(payload["type"])) for payload in payloads(data))


@given(STREAMS)
def test_a_decoded_stream_is_balanced_and_ends_once(data: bytes) -> None:
    events = decoded([data])
    assert isinstance(events[-1], Finished | Failed)
    assert sum(isinstance(event, Finished | Failed) for event in events) == 1
    assert sum(isinstance(event, Started) for event in events) <= 1
    opened = [event.index for event in events if isinstance(event, BlockStarted)]
    closed = [event.index for event in events if isinstance(event, BlockEnded)]
    assert opened == list(range(len(opened)))
    assert len(closed) == len(set(closed))
    if isinstance(events[-1], Finished):
        assert isinstance(events[0], Started)
        assert sorted(closed) == opened


@given(cut_event_streams())
def test_a_stream_is_well_formed_wherever_it_is_cut(events: list[Event]) -> None:
    check_stream(encoded(events))


@given(cut_event_streams())
def test_a_failure_ends_a_stream_wherever_it_comes(events: list[Event]) -> None:
    failure = Failed(GatewayError(Kind.OVERLOADED, "too busy"))
    data = encoded([*events, failure, *events])
    check_stream(data)
    assert data.count(b"event: error") == 1
    assert b"message_stop" not in data


@given(event_streams(), st.randoms(use_true_random=False))
def test_blocks_may_come_mixed(events: list[Event], rand: random.Random) -> None:
    check_stream(encoded(mixed(events, rand)))


@given(st.binary(max_size=60).flatmap(splits))
def test_garbage_gives_the_same_failure_at_any_split(cut: list[bytes]) -> None:
    assert told(decoded(cut)) == told(decoded([b"".join(cut)]))


@given(responses)
def test_a_streamed_answer_is_the_same_as_a_whole_one(response: ChatResponse) -> None:
    assume(response.choices[0].stop is not Stop.MALFORMED)
    whole = DIALECT.chat.encode_response(response, None, Receipt())
    again = collect(decoded([encoded(replay(response))]))
    streamed = DIALECT.chat.encode_response(again, None, Receipt())
    assert carried_last(streamed) == carried_last(whole)


def carried_last(body: JsonObject) -> JsonObject:
    """The canonical answer; a call's seal may stand before it or, where it came later, after it."""
    answer = canonical_response(body)
    content = objects_at(answer, "content")
    content.sort(key=lambda block: envelope_owner(block) is not None)
    return {**answer, "content": [*content]}


def envelope_owner(block: JsonObject) -> str | None:
    """Whose seal a block carries, if it carries one of a call."""
    seal = envelope_to_seal(text_at(block, "data") or "")
    return None if seal is None else seal.id


def mixed(events: list[Event], rand: random.Random) -> list[Event]:
    """The events with those of different blocks shuffled into each other, each block in order."""
    lanes: dict[int, list[Event]] = {}
    for event in events[1:]:
        if (index := getattr(event, "index", None)) is not None:
            lanes.setdefault(index, []).append(event)
    rest = [event for event in events[1:] if not hasattr(event, "index")]
    out = events[:1]
    while lanes:
        index = rand.choice(list(lanes))
        out.append(lanes[index].pop(0))
        if not lanes[index]:
            del lanes[index]
    return out + rest


def told(events: list[Event]) -> list[object]:
    """Events in a form that can be compared: exceptions by what they say."""
    return [
        (event.error.kind, event.error.message) if isinstance(event, Failed) else event
        for event in events
    ]


@pytest.mark.parametrize("value", [None, 1, "x", [], [{}]])
def test_a_body_that_is_no_object_is_no_error_to_crash_on(value: Json) -> None:
    assert DIALECT.decode_error(400, {}, wire.dump(value)).kind is Kind.BAD_REQUEST
