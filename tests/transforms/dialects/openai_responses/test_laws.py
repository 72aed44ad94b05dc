"""What holds for every input: nothing but GatewayError, well-formed output, no split that hurts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.transforms import wire
from plexus.transforms.assemble import collect, replay
from plexus.transforms.codec import Head, Receipt, Traits
from plexus.transforms.dialects.openai_responses import DIALECT
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.events import Event, Failed
from plexus.transforms.ir import ChatRequest, ChatResponse
from plexus.transforms.sse import frame
from plexus.transforms.wire import Json, JsonObject, list_at, object_at, objects_at
from tests import strategies
from tests.transforms.dialects.openai_responses.rules import (
    CHAT,
    check_balanced,
    check_lifecycle,
    check_stream,
    decoded,
    frames,
    kinds,
    read_request,
    stream_of,
    streamed,
)

KEYS = st.sampled_from(
    [
        "type", "role", "content", "text", "input", "instructions", "model", "tools", "name",
        "namespace", "call_id", "id", "item_id", "arguments", "output", "summary", "refusal",
        "encrypted_content", "annotations", "logprobs", "url", "start_index", "image_url",
        "file_data", "filename", "detail", "parameters", "strict", "format", "reasoning", "effort",
        "include", "status", "error", "code", "message", "usage", "input_tokens", "output_tokens",
        "input_tokens_details", "cached_tokens", "response", "item", "part", "delta",
        "output_index", "content_index", "summary_index", "annotation", "result", "tool_choice",
        "mode", "prompt_cache_breakpoint", "store", "created_at", "incomplete_details", "reason",
        "top_logprobs", "input_audio", "data", "phase", "token", "schema",
    ]
)  # fmt: skip
WORDS = st.sampled_from(
    [
        "message", "reasoning", "function_call", "custom_tool_call", "function_call_output",
        "custom_tool_call_output", "web_search_call", "image_generation_call", "item_reference",
        "additional_tools", "tool_search_output", "output_text", "input_text", "refusal",
        "input_image", "input_file", "input_audio", "summary_text", "reasoning_text", "user",
        "assistant", "developer", "function", "custom", "namespace", "completed", "incomplete",
        "failed", "in_progress", "url_citation", "json_schema", "allowed_tools", "none", "auto",
        "data:image/png;base64,aGk=", "gw1.gemini.thought.aGk", "call_1", "rs_1", '{"a":1}',
    ]
)  # fmt: skip
EVENTS = st.sampled_from(
    [
        "response.created", "response.in_progress", "response.output_item.added",
        "response.output_item.done", "response.content_part.added", "response.content_part.done",
        "response.output_text.delta", "response.output_text.done",
        "response.output_text.annotation.added", "response.refusal.delta",
        "response.refusal.done", "response.reasoning_summary_text.delta",
        "response.reasoning_summary_text.done", "response.reasoning_text.delta",
        "response.reasoning_text.done", "response.function_call_arguments.delta",
        "response.function_call_arguments.done", "response.custom_tool_call_input.delta",
        "response.custom_tool_call_input.done", "response.completed", "response.incomplete",
        "response.failed", "response.cancelled", "error", "keepalive",
    ]
)  # fmt: skip
# Usual deltas, and those that look like one.
DELTAS = st.builds(
    lambda kind, words, between, number: (
        b'data: {"type":"%b","delta":%b%b,"output_index":0,%b\n\n'
        % (kind, wire.dump(words), between, number)
    ),
    st.sampled_from(
        [b"response.output_text.delta"] * 5
        + [b"response.refusal.delta", b"response.reasoning_text.delta", b"response.done"]
    ),
    st.sampled_from(["a", "b", "", '"sequence_number":1', '","delta":"'])
    | st.text(max_size=5)
    | st.integers(0, 3),
    st.sampled_from(
        [b""] * 4 + [b',"obfuscation":"xY"', b',"logprobs":[{"token":"a"}]', b',"content_index":1']
    ),
    st.sampled_from(
        [
            b'"sequence_number":1}',
            b'"sequence_number":23}',
            b'"sequence_number": 4}',
            b'"sequence_number":5,"delta":"z"}',
            b'"sequence_number":"6"}',
            b'"x":[}',
        ]
    ),
)
LEAVES = strategies.scalars | WORDS | WORDS | st.integers(0, 3)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=5)


@st.composite
def items(draw: st.DrawFn) -> JsonObject:
    """Items that get past the first look."""
    known: JsonObject = {
        "type": draw(WORDS),
        "id": draw(st.sampled_from(["rs_1", "msg_1", "fc_1", "call_1"])),
        "role": draw(st.sampled_from(["assistant", "user"])),
        "call_id": draw(st.sampled_from(["call_1", "call_2"])),
        "name": "tool",
        "arguments": draw(strategies.free_arguments),
        "output": draw(strategies.texts),
        "summary": [],
        "content": [*draw(st.lists(contents(), max_size=3))],
    }
    kept = draw(st.sets(st.sampled_from(sorted(known))))
    return {**{key: known[key] for key in known if key in kept}, **draw(OBJECTS)}


@st.composite
def contents(draw: st.DrawFn) -> JsonObject:
    """Content parts that get past the first look."""
    return {"type": draw(WORDS), "text": draw(strategies.texts), **draw(OBJECTS)}


@st.composite
def request_bodies(draw: st.DrawFn) -> JsonObject:
    """Requests that get past the first look."""
    given_items = draw(st.lists(items(), max_size=4))
    return {**draw(OBJECTS), "model": "m", "input": [*given_items]}


@st.composite
def answers(draw: st.DrawFn) -> JsonObject:
    """Answers that get past the first look."""
    return {**draw(OBJECTS), "output": [*draw(st.lists(items(), max_size=4))]}


@st.composite
def stream_events(draw: st.DrawFn) -> JsonObject:
    """Events that get past the first look."""
    event: JsonObject = {
        **draw(OBJECTS),
        "type": draw(EVENTS),
        "output_index": draw(st.integers(0, 2)),
        "item": draw(items()),
        "part": draw(contents()),
        "delta": draw(strategies.free_arguments),
        "response": draw(answers()),
    }
    dropped = draw(st.sets(st.sampled_from(["output_index", "item", "part", "response"])))
    return {key: value for key, value in event.items() if key not in dropped}


@given(OBJECTS | request_bodies(), st.booleans())
def test_any_request_is_read_or_refused(body: JsonObject, official: bool) -> None:
    request = read_or_refused(body)
    if isinstance(request, GatewayError):
        assert (request.kind, request.where is None) == (Kind.BAD_REQUEST, False)
        return
    CHAT.encode_request(request, Traits(official=official), Receipt())


def read_or_refused(body: JsonObject) -> ChatRequest | GatewayError:
    """The request, or the reason why it is none."""
    try:
        return read_request(body)
    except GatewayError as error:
        return error


@given(request_bodies())
def test_a_request_that_was_read_is_read_the_same_when_it_was_written(body: JsonObject) -> None:
    request = read_or_refused(body)
    if isinstance(request, GatewayError):
        return
    once = CHAT.encode_request(request, Traits(), Receipt()).body
    if not once.get("input"):
        return  # nothing could be said
    again = CHAT.encode_request(read_request(once), Traits(), Receipt()).body
    assert again == once


@given(OBJECTS | answers())
def test_any_answer_is_read_or_refused(body: JsonObject) -> None:
    try:
        answer = CHAT.decode_response(body)
    except GatewayError:
        return
    CHAT.encode_response(answer, None, Receipt())


@given(answers())
def test_an_answer_that_was_read_is_read_the_same_when_it_was_written(body: JsonObject) -> None:
    try:
        answer = CHAT.decode_response(body)
    except GatewayError:
        return
    once = CHAT.encode_response(answer, None, Receipt())
    if once["status"] == "failed":
        return
    assert CHAT.encode_response(CHAT.decode_response(once), None, Receipt()) == once


@given(st.lists(stream_events(), max_size=8))
def test_any_events_make_balanced_blocks(events: list[JsonObject]) -> None:
    found = decoded([stream_of(*events)])
    check_balanced(found)
    check_ends(streamed(found))


def check_ends(data: bytes) -> None:
    """Check what holds whatever an item of the provider's own holds."""
    events = frames(data)
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    if kinds(events) != ["error"]:
        response = object_at(events[-1], "response")
        assert response is not None
        check_lifecycle(events, response)


@given(strategies.event_streams(), st.integers(0, 3))
def test_frames_that_repeat_each_other_read_as_those_that_do_not(
    events: list[Event], padding: int
) -> None:
    # A comment of its own makes every frame another; it says nothing.
    blocks = [
        block.replace(
            b',"logprobs"', b',"obfuscation":"%b","logprobs"' % (b"x" * (padding * n % 7))
        )
        + b"\n\n"
        for n, block in enumerate(streamed(events).split(b"\n\n")[:-1])
    ]
    alone = [b": %d\n%b" % (n, block) for n, block in enumerate(blocks)]
    assert told(decoded(blocks)) == told(decoded(alone))


@given(st.lists(DELTAS, max_size=12))
def test_odd_deltas_among_usual_ones_read_as_they_would_alone(deltas: list[bytes]) -> None:
    alone = [b": %d\n%b" % (number, delta) for number, delta in enumerate(deltas)]
    assert told(decoded(deltas)) == told(decoded(alone))


def told(events: list[Event]) -> list[object]:
    """Events in a form that can be compared: exceptions by what they say."""
    return [e.error.message if isinstance(e, Failed) else e for e in events]


@given(strategies.event_streams())
def test_every_frame_is_printed_as_its_payload_would_be(events: list[Event]) -> None:
    data = streamed(events)
    assert data == b"".join(frame(event, str(event["type"])) for event in frames(data))


@given(st.lists(stream_events(), max_size=4), st.data())
def test_no_split_of_a_stream_changes_its_events(
    events: list[JsonObject], data: st.DataObject
) -> None:
    stream = stream_of(*events)
    whole = [str(event) for event in decoded([stream])]
    assert [str(event) for event in decoded(strategies.bytewise(stream))] == whole
    pieces = data.draw(strategies.splits(stream))
    assert [str(event) for event in decoded(pieces)] == whole


@given(st.binary(max_size=200), st.sampled_from([b"", b"{", b"data: ", b'data: {"', b"event: "]))
def test_any_bytes_end_as_a_failed_stream(data: bytes, start: bytes) -> None:
    events = decoded([start + data])
    assert isinstance(events[-1], Failed)


@given(st.integers(200, 599), st.binary(max_size=200) | OBJECTS.map(wire.dump))
def test_any_error_reply_is_an_error(status: int, body: bytes) -> None:
    error = DIALECT.decode_error(status, {"retry-after": "x"}, body)
    assert error.upstream_status == status
    assert error.message


@given(
    st.binary(max_size=100)
    | VALUES.map(wire.dump)
    | answers().map(wire.dump)
    | stream_events().map(wire.dump)
)
def test_sniffing_never_raises(data: bytes) -> None:
    DIALECT.sniff(data)


@given(st.text(max_size=60))
def test_any_path_can_be_matched(path: str) -> None:
    DIALECT.match(Head("POST", path, "", {}))


@given(strategies.requests, st.booleans())
def test_any_request_can_be_written(request: ChatRequest, official: bool) -> None:
    encoded = CHAT.encode_request(request, Traits(official=official), Receipt())
    wire.dump(encoded.body)
    check_pairs(encoded.body, request)


def check_pairs(body: JsonObject, request: ChatRequest) -> None:
    """Every call has its result and every result its call."""
    state = {"previous_response_id", "conversation", "prompt"}
    if state & body.keys() or not all(isinstance(i, dict) for i in list_at(body, "input")):
        return
    sent = objects_at(body, "input")
    if any(item.get("type") == "item_reference" for item in sent):
        return
    calls = {i["call_id"] for i in sent if i.get("type") in ("function_call", "custom_tool_call")}
    results = {
        i["call_id"]
        for i in sent
        if i.get("type") in ("function_call_output", "custom_tool_call_output")
    }
    assert calls == results


@given(strategies.responses)
def test_any_answer_can_be_written(answer: ChatResponse) -> None:
    body = CHAT.encode_response(answer, None, Receipt())
    wire.dump(body)


@given(strategies.responses)
def test_a_stream_ends_with_the_answer_that_would_have_been_written_whole(
    answer: ChatResponse,
) -> None:
    whole = CHAT.encode_response(answer, None, Receipt())
    last = object_at(frames(streamed(replay(answer)))[-1], "response") or {}
    assert [text_of(item) for item in objects_at(last, "output") if is_said(item)] == [
        text_of(item) for item in objects_at(whole, "output") if is_said(item)
    ]
    assert (last["id"], last["status"], last["usage"]) == (
        whole["id"],
        whole["status"],
        whole["usage"],
    )


def is_said(item: JsonObject) -> bool:
    """Whether an item is a message or a call; the seal of a call comes after it in a stream."""
    return item.get("type") in ("message", "function_call", "custom_tool_call")


def text_of(item: JsonObject) -> Json:
    """What an item says."""
    said = [part.get("text", part.get("refusal")) for part in objects_at(item, "content")]
    return [item.get("type"), *said, item.get("arguments"), item.get("input"), item.get("call_id")]


@given(strategies.event_streams())
def test_any_events_make_a_stream_that_reads_the_same(events: list[Event]) -> None:
    data = streamed(events)
    check_ends(data)
    again = decoded([data])
    check_balanced(again)
    if not isinstance(again[-1], Failed):
        created = object_at(frames(data)[0], "response") or {}
        assert collect(again).id == created["id"]


@given(strategies.cut_event_streams())
def test_events_cut_anywhere_make_a_whole_stream(events: list[Event]) -> None:
    check_ends(streamed(events))


@given(strategies.cut_event_streams())
def test_events_that_fail_anywhere_end_in_a_failure(events: list[Event]) -> None:
    failed = [*events, Failed(GatewayError(Kind.OVERLOADED, "busy")), *events]
    data = streamed(failed)
    check_ends(data)
    last = decoded([data])[-1]
    assert isinstance(last, Failed)
    assert (last.error.kind, last.error.message) == (Kind.OVERLOADED, "busy")


def test_nothing_at_all_makes_a_whole_stream() -> None:
    response = check_stream(streamed([]))
    assert response is not None
    assert (response["status"], response["output"]) == ("incomplete", [])


@pytest.mark.parametrize("value", [1, {}, None, True])
def test_an_input_of_any_other_type_is_refused(value: Json) -> None:
    with pytest.raises(GatewayError, match="input"):
        read_request({"model": "m", "input": value})
