"""What holds for every input: nothing but GatewayError, well-formed output, no split that hurts."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from plexus.transforms import wire
from plexus.transforms.assemble import collect
from plexus.transforms.codec import Head, Match, Operation, Receipt, Traits
from plexus.transforms.dialects.gemini import DIALECT
from plexus.transforms.dialects.gemini.stream_encode import Encoder
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.events import Event, Failed
from plexus.transforms.ir import ChatRequest, ChatResponse
from plexus.transforms.wire import Json, JsonObject
from tests import strategies
from tests.transforms.dialects.gemini.canonical import canonical_answer
from tests.transforms.dialects.gemini.rules import (
    CHAT,
    check_answer,
    check_balanced,
    check_request,
    check_stream,
    decoded,
    sse,
    streamed,
)

MATCH = Match(Operation.CHAT, "gemini-2.5-flash", stream=False)

KEYS = st.sampled_from(
    [
        "contents", "parts", "role", "text", "thought", "thoughtSignature", "functionCall", "name",
        "args", "id", "functionResponse", "response", "inlineData", "mimeType", "data", "fileData",
        "fileUri", "executableCode", "systemInstruction", "generationConfig", "thinkingConfig",
        "thinkingBudget", "thinkingLevel", "tools", "functionDeclarations", "parameters",
        "parametersJsonSchema", "type", "properties", "items", "anyOf", "enum", "required",
        "toolConfig", "functionCallingConfig", "mode", "allowedFunctionNames", "candidates",
        "content", "index", "finishReason", "finishMessage", "groundingMetadata",
        "groundingSupports", "groundingChunks", "groundingChunkIndices", "segment", "startIndex",
        "endIndex", "partIndex", "web", "uri", "citationMetadata", "citations", "logprobsResult",
        "chosenCandidates", "topCandidates", "usageMetadata", "promptTokenCount",
        "candidatesTokenCount", "thoughtsTokenCount", "promptFeedback", "blockReason", "error",
        "code", "message", "status", "details", "retryDelay", "partialArgs", "jsonPath",
        "stringValue", "numberValue", "willContinue", "createTime", "responseId", "modelVersion",
        "inline_data", "function_call", "stopSequences", "temperature", "mediaResolution", "level",
        "responseMimeType", "responseSchema", "serviceTier",
    ]
)  # fmt: skip
LEAVES = (
    strategies.scalars
    | st.sampled_from(["STOP", "OBJECT", "user", "model", "AUTO", "$.a[0].b", "12", "12s", "MAX"])
    | st.integers(-5, 20)
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=5)


@st.composite
def request_bodies(draw: st.DrawFn) -> JsonObject:
    """Bodies that get past the first look."""
    parts = draw(st.lists(OBJECTS, max_size=3))
    content: JsonObject = {"role": draw(st.sampled_from(["user", "model"])), "parts": [*parts]}
    return {"contents": [content, *draw(st.lists(OBJECTS, max_size=1))], **draw(OBJECTS)}


@st.composite
def answers(draw: st.DrawFn) -> JsonObject:
    """Chunks and answers that get past the first look."""
    parts = draw(st.lists(OBJECTS, max_size=3))
    candidate: JsonObject = {"content": {"parts": [*parts]}, **draw(OBJECTS)}
    return {"candidates": [candidate], **draw(OBJECTS)}


def foreign[T](value: T) -> T:
    """The same, as if it came from another format: nothing in it is Gemini's own."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return dataclasses.replace(value, **{name: foreign(v) for name, v in fields.items()})
    if isinstance(value, tuple):
        return tuple(foreign(item) for item in value)  # type: ignore[return-value]  # same shape
    if isinstance(value, dict):
        return {k: v for k, v in value.items() if k != "gemini"}  # type: ignore[return-value]  # still JSON
    return "chat" if value == "gemini" else value  # type: ignore[return-value]  # a dialect's name


def read(body: JsonObject) -> ChatRequest | GatewayError:
    """The request, or the reason why it is none."""
    try:
        return CHAT.decode_request(MATCH, body)
    except GatewayError as error:
        return error


@given(OBJECTS | request_bodies())
def test_any_request_is_read_or_refused(body: JsonObject) -> None:
    request = read(body)
    if isinstance(request, GatewayError):
        assert (request.kind, request.where is None) == (Kind.BAD_REQUEST, False)
        return
    CHAT.encode_request(request, Traits(), Receipt())
    CHAT.encode_request(request, Traits(json_schema=False, thinking="level"), Receipt())


@given(request_bodies())
def test_a_request_that_was_read_is_read_the_same_when_it_was_written(body: JsonObject) -> None:
    try:
        request = CHAT.decode_request(MATCH, body)
    except GatewayError:
        return
    again = CHAT.encode_request(request, Traits(), Receipt()).body
    twice = CHAT.encode_request(CHAT.decode_request(MATCH, again), Traits(), Receipt()).body
    assert twice == again


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
    again = CHAT.encode_response(answer, None, Receipt())
    assume("candidates" in again)
    twice = CHAT.encode_response(CHAT.decode_response(again), None, Receipt())
    assert canonical_answer(twice) == canonical_answer(again)


@given(st.lists(OBJECTS | answers(), max_size=4))
def test_any_chunks_make_balanced_events(chunks: list[JsonObject]) -> None:
    events = decoded([sse(*chunks)])
    if not isinstance(events[0], Failed):
        check_balanced(events)
    streamed(events)


@given(st.lists(answers(), max_size=3), st.data())
def test_no_split_of_a_stream_changes_its_events(
    chunks: list[JsonObject], data: st.DataObject
) -> None:
    as_array = b"[" + b",\r\n".join(wire.dump(chunk) for chunk in chunks) + b"]\n"
    stream = data.draw(st.sampled_from([sse(*chunks), as_array]))
    whole = decoded([stream])
    assert same(decoded(strategies.bytewise(stream)), whole)
    assert same(decoded(data.draw(strategies.splits(stream))), whole)


def same(a: list[Event], b: list[Event]) -> bool:
    """Compare events; errors by their text."""
    return [str(event) for event in a] == [str(event) for event in b]


@given(st.binary(max_size=200), st.sampled_from([b"", b"[", b"{", b"data: ", b'data: {"']))
def test_any_bytes_end_as_a_failed_stream(data: bytes, start: bytes) -> None:
    events = decoded([start + data])
    assert isinstance(events[-1], Failed)


@given(st.integers(200, 599), st.binary(max_size=200) | OBJECTS.map(wire.dump))
def test_any_error_reply_is_an_error(status: int, body: bytes) -> None:
    error = DIALECT.decode_error(status, {"retry-after": "x"}, body)
    assert error.upstream_status == status
    assert error.message


@given(st.binary(max_size=100) | VALUES.map(wire.dump) | answers().map(wire.dump))
def test_sniffing_never_raises(data: bytes) -> None:
    DIALECT.sniff(data)


@given(st.text(max_size=60), st.text(max_size=30))
def test_any_path_can_be_matched(path: str, query: str) -> None:
    DIALECT.match(Head("POST", "/v1beta/models/" + path, query, {}))


@given(strategies.requests.map(foreign), st.booleans(), st.booleans())
def test_a_request_from_another_format_is_one_that_gemini_takes(
    request: ChatRequest, json_schema: bool, signatures: bool
) -> None:
    traits = Traits(json_schema=json_schema, thought_signatures=signatures)
    encoded = CHAT.encode_request(request, traits, Receipt())
    check_request(encoded.body)


@given(strategies.requests)
def test_any_request_can_be_written(request: ChatRequest) -> None:
    CHAT.encode_request(request, Traits(), Receipt())


@given(strategies.responses.map(foreign))
def test_an_answer_from_another_format_is_one_that_the_sdk_takes(answer: ChatResponse) -> None:
    body = CHAT.encode_response(answer, None, Receipt())
    check_answer(body)
    again = CHAT.decode_response(body)
    assert again.id == answer.id
    assert len(again.choices) == len(answer.choices)


@given(strategies.responses)
def test_any_answer_can_be_written(answer: ChatResponse) -> None:
    CHAT.encode_response(answer, None, Receipt())


@given(strategies.event_streams().map(lambda events: [foreign(event) for event in events]))
def test_events_from_another_format_make_a_stream_that_the_sdk_takes(events: list[Event]) -> None:
    data = streamed(events)
    check_stream(data)
    check_balanced(decoded([data]))
    assert collect(decoded([data])).id == collect(events).id


@given(strategies.cut_event_streams().map(lambda events: [foreign(event) for event in events]))
def test_events_cut_anywhere_make_a_whole_stream(events: list[Event]) -> None:
    check_stream(streamed(events))


@given(strategies.cut_event_streams().map(lambda events: [foreign(event) for event in events]))
def test_events_that_fail_anywhere_end_in_an_error(events: list[Event]) -> None:
    failed = [*events, Failed(GatewayError(Kind.OVERLOADED, "busy")), *events]
    data = streamed(failed)
    check_stream(data)
    last = decoded([data])[-1]
    assert isinstance(last, Failed)
    assert last.error.kind is Kind.OVERLOADED


@given(strategies.cut_event_streams(), st.booleans())
def test_an_array_stream_is_always_valid_json(events: list[Event], fails: bool) -> None:
    encoder = Encoder(None, Receipt(), "array")
    if fails:
        events = [*events, Failed(GatewayError(Kind.OVERLOADED, "busy"))]
    data = b"".join([encoder.encode(event) for event in events]) + encoder.close()
    assert isinstance(wire.parse(data), list)
    assert encoder.close() == b""


@pytest.mark.parametrize("body", [[], "x", 1, None])
def test_contents_of_any_other_type_are_refused(body: Json) -> None:
    with pytest.raises(GatewayError, match="contents"):
        CHAT.decode_request(MATCH, {"contents": body})
