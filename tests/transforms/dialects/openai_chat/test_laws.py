"""Laws that hold for any input: nothing but `GatewayError`, well-formed output, no lost words."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from plexus.transforms import wire
from plexus.transforms.assemble import collect, replay
from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.events import (
    BlockDelta,
    BlockEnded,
    BlockStarted,
    Event,
    Failed,
    Finished,
    LogProbs,
    Sealed,
    Segmented,
    Started,
    UsageSeen,
)
from plexus.transforms.ir import (
    ChatResponse,
    Choice,
    Citation,
    Media,
    Opaque,
    Refusal,
    Seal,
    Stop,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from tests.transforms.dialects.openai_chat.making import (
    CHAT,
    MATCH,
    OFFICIAL,
    answer,
    events_of,
    frames,
    stream_for,
)

SETTINGS = settings(max_examples=200, deadline=None)

_KEYS = st.sampled_from(
    (
        "id",
        "model",
        "messages",
        "role",
        "content",
        "type",
        "text",
        "tool_calls",
        "function",
        "name",
        "arguments",
        "index",
        "tools",
        "tool_choice",
        "stop",
        "stream",
        "stream_options",
        "response_format",
        "json_schema",
        "schema",
        "reasoning",
        "reasoning_details",
        "reasoning_content",
        "data",
        "signature",
        "format",
        "summary",
        "image_url",
        "url",
        "file",
        "file_data",
        "input_audio",
        "audio",
        "refusal",
        "annotations",
        "url_citation",
        "extra_content",
        "google",
        "thought_signature",
        "choices",
        "message",
        "delta",
        "finish_reason",
        "logprobs",
        "usage",
        "prompt_tokens",
        "total_tokens",
        "completion_tokens",
        "cost",
        "cost_details",
        "error",
        "code",
        "function_call",
        "functions",
        "custom",
        "input",
        "cache_control",
        "tool_call_id",
        "images",
        "thinking",
        "created",
        "x_groq",
    )
)
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-5, 2**70)
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(
        (
            "assistant",
            "user",
            "tool",
            "system",
            "developer",
            "function",
            "text",
            "image_url",
            "thinking",
            "reasoning.text",
            "reasoning.encrypted",
            "reasoning.summary",
            "stop",
            "url_citation",
            "custom",
            "tool_calls",
            "error",
            "data:image/png;base64,AA",
            "google-gemini-v1",
            "anthropic-claude-v1",
            "auto",
            "required",
        )
    )
)
JSON: st.SearchStrategy[Any] = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=6),
    max_leaves=12,
)
OBJECTS = st.dictionaries(_KEYS, JSON, max_size=5)


@SETTINGS
@given(OBJECTS, st.sampled_from([Traits(), OFFICIAL, Traits(cache_marks=True, tool_id="nine")]))
def test_any_request_is_read_and_written_or_refused(body: Any, traits: Traits) -> None:
    with contextlib.suppress(GatewayError):
        request = CHAT.decode_request(MATCH, body)
        wire.dump(CHAT.encode_request(request, traits, Receipt()).body)


@SETTINGS
@given(st.lists(OBJECTS, min_size=1, max_size=4), OBJECTS)
def test_any_messages_are_read_and_written_or_refused(messages: Any, fields: Any) -> None:
    for message in messages:
        message["role"] = message.get("role") or "assistant"
    body = {**fields, "model": "m", "messages": messages}
    with contextlib.suppress(GatewayError):
        request = CHAT.decode_request(MATCH, body)
        wire.dump(CHAT.encode_request(request, Traits(), Receipt()).body)


@SETTINGS
@given(OBJECTS, OBJECTS, OBJECTS)
def test_any_answer_is_read_and_written_or_refused(body: Any, choice: Any, message: Any) -> None:
    for raw in (body, {**body, "choices": [{**choice, "message": message}]}):
        with contextlib.suppress(GatewayError):
            response = CHAT.decode_response(raw)
            wire.dump(CHAT.encode_response(response, None, Receipt()))
            stream_for(replay(response))


@SETTINGS
@given(st.lists(OBJECTS | st.binary(max_size=30), max_size=5), st.integers(1, 40))
def test_any_stream_is_balanced_and_the_same_at_any_split(chunks: Any, size: int) -> None:
    data = b"".join(
        b"data: " + (item if isinstance(item, bytes) else wire.dump(item)) + b"\n\n"
        for item in chunks
    )

    events = events_of(data)

    assert _is_balanced(events)
    assert _plain(events_of(data, [size] * (len(data) // size + 1))) == _plain(events)
    stream_for(events)


@SETTINGS
@given(st.lists(st.tuples(OBJECTS, st.sampled_from([None, "stop", "tool_calls", ""])), max_size=6))
def test_any_deltas_are_balanced(deltas: Any) -> None:
    chunks = [
        {"id": "i", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
        for delta, finish in deltas
    ]
    data = b"".join(b"data: " + wire.dump(chunk) + b"\n\n" for chunk in chunks)

    assert _is_balanced(events_of(data + b"data: [DONE]\n\n"))


def _plain(events: list[Event]) -> list[Any]:
    """Errors are equal if they say the same."""
    return [repr(event) if isinstance(event, Failed) else event for event in events]


def _is_balanced(events: list[Event]) -> bool:
    opened: list[int] = []
    ended: set[int] = set()
    for at, event in enumerate(events):
        match event:
            case Started():
                assert not any(isinstance(e, Started) for e in events[:at])
            case BlockStarted():
                assert event.index == len(opened)
                opened.append(event.index)
            case BlockDelta() | Sealed() | Segmented():
                assert event.index in opened and event.index not in ended
            case BlockEnded():
                assert event.index in opened and event.index not in ended
                ended.add(event.index)
            case Failed():
                assert at == len(events) - 1
            case _:
                pass
    choices = [event.choice for event in events if isinstance(event, Finished)]
    return set(opened) == ended and len(choices) == len(set(choices))


_DATA = st.text(min_size=1, max_size=5)
_SEALS = st.one_of(
    st.builds(
        Seal,
        dialect=st.just("messages"),
        kind=st.sampled_from(["signature", "redacted"]),
        data=_DATA,
    ),
    st.builds(Seal, dialect=st.just("gemini"), kind=st.just("thought"), data=_DATA),
    st.builds(
        Seal,
        dialect=st.sampled_from(["responses", "chat"]),
        kind=st.just("encrypted"),
        data=_DATA,
        id=st.none() | st.just("rs_1"),
    ),
)
_WORDS = st.text(max_size=8)
_PARTS = st.one_of(
    st.builds(
        Text,
        text=_WORDS,
        citations=st.lists(
            st.builds(Citation, url=st.none() | st.just("u"), start=st.none() | st.integers(0, 9)),
            max_size=2,
        ).map(tuple),
    ),
    st.builds(Thinking, text=_WORDS, seal=st.none() | _SEALS),
    st.builds(
        ToolCall,
        id=st.uuids().map(lambda uuid: f"call_{uuid.hex[:8]}"),
        name=st.sampled_from(["f", "g"]),
        arguments=st.sampled_from(["", "{}", '{"a":1}', "{broken"]),
        kind=st.sampled_from(["function", "custom"]),
        seal=st.none() | _SEALS,
    ),
    st.builds(Refusal, text=_WORDS),
    st.builds(Media, kind=st.sampled_from(["image", "audio", "video"]), data=st.just("AA")),
    st.builds(Opaque, dialect=st.just("messages"), raw=st.just({"type": "x"})),
)
_RESPONSES = st.lists(
    st.builds(
        Choice,
        parts=st.lists(_PARTS, max_size=5).map(tuple),
        stop=st.sampled_from([stop for stop in Stop if stop is not Stop.MALFORMED]),
        logprobs=st.none() | st.just([{"token": "a"}]),
    ),
    min_size=1,
    max_size=2,
).map(
    lambda choices: ChatResponse(
        id="r", model="m", choices=tuple(choices), usage=Usage(input=1, output=2)
    )
)


@SETTINGS
@given(_RESPONSES, st.integers(0, 60), st.booleans())
def test_a_stream_that_is_cut_anywhere_is_well_formed(
    response: ChatResponse, cut: int, fails: bool
) -> None:
    events = replay(response)[:cut]
    if fails:
        events.append(Failed(GatewayError(Kind.UPSTREAM_DOWN, "gone")))

    told = frames(events)

    assert told[-1] == "[DONE]"
    assert told.count("[DONE]") == 1
    chunks = [frame for frame in told[:-1] if "error" not in frame]
    if fails:
        assert told[-2]["error"]["message"] == "gone"
    else:
        _check_chunks(chunks)


def _check_chunks(chunks: list[Any]) -> None:
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    for number in {choice["index"] for choice in choices}:
        mine = [choice for choice in choices if choice["index"] == number]
        assert mine[0]["delta"].get("role") == "assistant"
        assert [choice["finish_reason"] is not None for choice in mine] == [
            *[False] * (len(mine) - 1),
            True,
        ]
        calls = [call for choice in mine for call in choice["delta"].get("tool_calls", [])]
        named = [call["index"] for call in calls if "id" in call]
        assert named == list(range(len(named)))
    assert {chunk["id"] for chunk in chunks} == {chunks[0]["id"]}


@SETTINGS
@given(_RESPONSES)
def test_a_streamed_answer_says_what_the_whole_one_says(response: ChatResponse) -> None:
    streamed = collect(events_of(stream_for(replay(response))))
    whole = CHAT.decode_response(CHAT.encode_response(response, None, Receipt()))

    assert [_told(choice) for choice in streamed.choices] == [
        _told(choice) for choice in whole.choices
    ]
    assert streamed.usage == whole.usage


def _told(choice: Choice) -> Any:
    return (
        "".join(_texts(choice, Text)),
        "".join(_texts(choice, Refusal)),
        sorted(
            (part.id, part.name, part.arguments, part.kind)
            for part in choice.parts
            if isinstance(part, ToolCall)
        ),
        sorted(
            (part.seal.dialect, part.seal.kind, part.seal.data)
            for part in choice.parts
            if isinstance(part, Thinking) and part.seal
        ),
        choice.stop,
    )


def _texts(choice: Choice, kind: Any) -> Iterator[str]:
    for part in choice.parts:
        if isinstance(part, kind):
            yield part.text


@SETTINGS
@given(_RESPONSES)
def test_every_chunk_is_plain_json(response: ChatResponse) -> None:
    for line in stream_for([*replay(response), LogProbs([]), UsageSeen(Usage())]).splitlines():
        if line and not line.endswith(b"[DONE]"):
            json.loads(line.removeprefix(b"data: "))


@SETTINGS
@given(st.lists(_PARTS, max_size=4))
def test_a_clients_next_request_keeps_the_seals_of_the_last_answer(parts: Any) -> None:
    raw: Any = CHAT.encode_response(answer(*parts), None, Receipt())
    message = raw["choices"][0]["message"]

    request = CHAT.decode_request(MATCH, {"model": "m", "messages": [message]})

    sent = [p.seal for p in parts if isinstance(p, Thinking) and p.seal]
    kept = [p.seal for p in request.messages[0].parts if isinstance(p, Thinking) and p.seal]
    assert kept == sent
