"""Whole streams of Gemini."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.transforms import wire
from plexus.transforms.assemble import collect
from plexus.transforms.dialects.gemini.keys import mark
from plexus.transforms.dialects.gemini.response_decode import decode_response
from plexus.transforms.dialects.gemini.stream_decode import Decoder, is_provisional
from plexus.transforms.errors import Kind
from plexus.transforms.events import (
    BlockDelta,
    BlockEnded,
    BlockStarted,
    Cited,
    Event,
    Failed,
    Finished,
    Started,
    UsageSeen,
)
from plexus.transforms.ir import Citation, Stop, Text, ToolCall, Usage
from plexus.transforms.wire import JsonObject
from tests.strategies import splits
from tests.transforms.dialects.gemini.rules import check_balanced, chunk, decoded, sse

BEGUN = Started(id="r1", model="gemini-2.5-flash", ext=mark({}))


def failure(events: list[Event]) -> Kind:
    last = events[-1]
    assert isinstance(last, Failed)
    return last.error.kind


def counted(body: JsonObject, **counts: int) -> JsonObject:
    return {**body, "usageMetadata": {**counts}}


def test_a_plain_stream() -> None:
    stream = sse(
        counted(chunk({"text": "a"}), promptTokenCount=9),
        counted(chunk({"text": "b"}), promptTokenCount=9),
        counted(
            chunk({"text": ""}, finishReason="STOP"), promptTokenCount=8, candidatesTokenCount=2
        ),
    )
    assert decoded([stream]) == [
        BEGUN,
        BlockStarted(index=0, block=Text(text="", ext=mark({}))),
        BlockDelta(0, "text", "a"),
        UsageSeen(Usage(input=9, output=0, provisional=True, ext=mark({}))),
        BlockDelta(0, "text", "b"),
        UsageSeen(Usage(input=8, output=2, ext=mark({}))),
        BlockEnded(index=0),
        Finished(stop=Stop.END, ext=mark({"finishReason": "STOP"})),
    ]


def test_events_come_as_their_chunks_do() -> None:
    decoder = Decoder()
    first = decoder.feed(sse(chunk({"text": "a"})))
    assert [type(event) for event in first] == [Started, BlockStarted, BlockDelta]


def test_a_json_array_is_a_stream_too() -> None:
    chunks = [chunk({"text": "a"}), chunk({"text": "b"}, finishReason="STOP")]
    array = b"[" + b"\r\n,\r\n".join(wire.dump(body) for body in chunks) + b"\r\n]"
    assert decoded([array]) == decoded([sse(*chunks)])


def test_edge_case_20_stop_on_every_chunk_ends_the_stream_once() -> None:
    stream = sse(
        chunk({"text": "a"}, finishReason="STOP"), chunk({"text": "b"}, finishReason="STOP")
    )
    events = decoded([stream])
    check_balanced(events)
    assert [event for event in events if isinstance(event, Finished)] == [events[-1]]
    answer = collect(events)
    assert answer.parts == (Text(text="ab", ext=mark({})),)


def test_a_stream_without_a_finish_reason_was_cut() -> None:
    events = decoded([sse(chunk({"text": "a"}))])
    assert failure(events) is Kind.UPSTREAM_DOWN
    assert failure(decoded([b""])) is Kind.UPSTREAM_DOWN


@pytest.mark.parametrize("tail", [b'data: {"candidates"', b"data: 7\n\n", b"data: x\n\n"])
def test_a_chunk_that_is_none_breaks_the_stream(tail: bytes) -> None:
    events = decoded([sse(chunk({"text": "a"}, finishReason="STOP")) + tail])
    assert failure(events) is Kind.UPSTREAM_INVALID


def test_an_array_that_breaks_off_in_an_element_was_cut() -> None:
    first = wire.dump(chunk({"text": "a"}, finishReason="STOP"))
    assert failure(decoded([b"[" + first + b',{"candid'])) is Kind.UPSTREAM_DOWN
    assert isinstance(decoded([b"[" + first])[-1], Finished)


def test_an_error_in_the_stream_ends_it() -> None:
    error: JsonObject = {"error": {"code": 503, "message": "busy", "status": "UNAVAILABLE"}}
    events = decoded([sse(chunk({"text": "a"}), error, chunk({"text": "b"}, finishReason="STOP"))])
    assert failure(events) is Kind.OVERLOADED
    assert [event for event in events if isinstance(event, BlockDelta)] == [
        BlockDelta(0, "text", "a")
    ]


@pytest.mark.parametrize("framed", [b"%s", b"[%s]", b"data: %s\n\n"])
def test_an_error_instead_of_a_stream_fails_it(framed: bytes) -> None:
    events = decoded([framed % b'{"error":{"code":429,"message":"slow"}}'])
    assert [type(event) for event in events] == [Failed]
    assert failure(events) is Kind.RATE_LIMITED


def test_nothing_follows_a_failure() -> None:
    decoder = Decoder()
    assert failure(decoder.feed(b'data: {"error":"x"}\n\n')) is Kind.UPSTREAM_DOWN
    assert decoder.feed(sse(chunk({"text": "a"}))) == []
    assert decoder.close() == []


def test_a_blocked_prompt_is_a_filtered_stream() -> None:
    body: JsonObject = {
        "promptFeedback": {"blockReason": "SAFETY"},
        "usageMetadata": {"trafficType": "ON_DEMAND"},
        "modelVersion": "m",
        "createTime": "1970-01-01T00:00:07Z",
    }
    kept = {key: body[key] for key in ("promptFeedback", "usageMetadata", "createTime")}
    assert decoded([sse(body)]) == [
        Started(id="", model="m", created=7, ext=mark(kept)),
        Finished(stop=Stop.FILTER, stop_detail="SAFETY", ext=mark({"noCandidate": True})),
    ]


def test_usage_may_come_in_a_last_chunk_of_its_own() -> None:
    last: JsonObject = {"usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 1}}
    events = decoded([sse(chunk({"text": "a"}, finishReason="STOP"), last)])
    assert collect(events).usage == Usage(input=3, output=1, ext=mark({}))
    assert isinstance(events[-1], Finished)


def test_several_candidates_run_beside_each_other() -> None:
    def of(index: int, text: str, **fields: str) -> JsonObject:
        return {"index": index, "content": {"parts": [{"text": text}]}, **fields}

    stream = sse(
        {"candidates": [of(0, "a"), of(1, "x")]},
        {"candidates": [of(0, "b", finishReason="STOP")]},
        {"candidates": [of(1, "y", finishReason="MAX_TOKENS")]},
    )
    events = decoded([stream])
    check_balanced(events)
    answer = collect(events)
    assert [choice.parts for choice in answer.choices] == [
        (Text(text="ab", ext=mark({})),),
        (Text(text="xy", ext=mark({})),),
    ]
    assert [choice.stop for choice in answer.choices] == [Stop.END, Stop.LENGTH]


def test_a_call_gets_the_id_that_the_whole_answer_would_give_it() -> None:
    body = chunk(
        {"functionCall": {"name": "f"}}, {"functionCall": {"name": "f"}}, finishReason="STOP"
    )
    streamed = collect(decoded([sse(body)]))
    whole = decode_response(body)
    ids = [part.id for part in streamed.parts if isinstance(part, ToolCall)]
    assert ids == [part.id for part in whole.parts if isinstance(part, ToolCall)]


def test_servers_that_imitate_openai_may_say_done() -> None:
    stream = sse(chunk({"text": "a"}, finishReason="STOP")) + b"data: [DONE]\n\n"
    assert isinstance(decoded([stream])[-1], Finished)


def test_a_frame_without_end_fails() -> None:
    decoder = Decoder()
    decoder.feed(b'data: {"a":"')
    assert failure(decoder.feed(b"x" * (64 * 1024 * 1024))) is Kind.UPSTREAM_INVALID


def test_usage_is_provisional_while_candidates_go_on() -> None:
    assert is_provisional([{}])
    assert not is_provisional([{"finishReason": "STOP"}])
    assert not is_provisional([])


WORDS = st.sampled_from(["a", "b", "", "ö 😀", "\ud800", '"', ",", "12345678901234567890", "\n"])
PARTS: Any = st.one_of(
    st.builds(lambda text: {"text": text}, WORDS),
    st.builds(lambda text: {"text": text}, WORDS),
    st.builds(lambda text: {"text": text, "thought": True}, WORDS),
    st.builds(lambda text: {"text": text, "thoughtSignature": "AAAA"}, WORDS),
    st.builds(lambda text: {"functionCall": {"name": "f", "args": {"text": text}}}, WORDS),
    st.builds(lambda text: {"executableCode": {"code": text}}, WORDS),
)
ODD_CHUNKS: Any = st.one_of(
    st.builds(chunk, PARTS),
    st.builds(chunk, PARTS),
    st.builds(lambda part: chunk(part, part), PARTS),
    st.builds(lambda part: chunk(part, index=1), PARTS),
    st.builds(lambda part: chunk(part, finishReason="STOP"), PARTS),
    st.builds(lambda part, n: counted(chunk(part), promptTokenCount=n), PARTS, st.integers(1, 2)),
    st.just(chunk(groundingMetadata={
        "groundingChunks": [{"web": {"uri": "u"}}],
        "groundingSupports": [{"segment": {"endIndex": 2}, "groundingChunkIndices": [0]}],
    })),
)  # fmt: skip


@given(st.lists(ODD_CHUNKS, min_size=1, max_size=12).flatmap(
    lambda chunks: st.tuples(st.just(chunks), splits(sse(*chunks)))
))  # fmt: skip
def test_chunks_that_repeat_each_other_give_what_each_gives_alone(case: Any) -> None:
    chunks, pieces = case
    # An empty chunk between two makes the decoder read the second in full.
    alone = [item for chunk_ in chunks for item in (chunk_, {})]

    assert repr(decoded(pieces)) == repr(decoded([sse(*alone)]))


@pytest.mark.parametrize("text", ["words ", "größe"])
def test_citations_of_a_long_answer_are_placed_without_its_text(text: str) -> None:
    size = len(text.encode())
    segment: JsonObject = {"startIndex": 90 * size, "endIndex": 91 * size, "text": text}
    grounding: JsonObject = {
        "groundingChunks": [{"web": {"uri": "u"}}],
        "groundingSupports": [{"segment": segment, "groundingChunkIndices": [0]}],
    }
    last = chunk({"text": text}, finishReason="STOP", groundingMetadata=grounding)

    events = decoded([sse(*[chunk({"text": text})] * 99, last)])

    place = Citation(url="u", start=90 * len(text), end=91 * len(text))
    assert [event for event in events if isinstance(event, Cited)] == [Cited(0, place)]


def test_an_open_stream_of_ascii_holds_no_more_for_being_long() -> None:
    decoder = Decoder()
    frame = sse(chunk({"text": "words and words "}))
    decoder.feed(frame * 3)
    tracemalloc.start()
    try:
        for _ in range(1_000):
            decoder.feed(frame)
        early, _ = tracemalloc.get_traced_memory()
        for _ in range(5_000):
            decoder.feed(frame)
        late, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert late - early < 2_000
