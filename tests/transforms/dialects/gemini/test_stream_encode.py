"""Streams for Gemini clients."""

from __future__ import annotations

import pytest

from plexus.transforms import wire
from plexus.transforms.assemble import collect, replay
from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.gemini.keys import mark
from plexus.transforms.dialects.gemini.stream_encode import Encoder
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.events import (
    BlockDelta,
    BlockEnded,
    BlockStarted,
    Cited,
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
    ChatRequest,
    ChatResponse,
    Choice,
    Citation,
    Media,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Seal,
    Stop,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from plexus.transforms.wire import JsonObject, object_at, objects_at
from tests.transforms.dialects.gemini.rules import (
    check_stream,
    decoded,
    frames,
    notes,
    request,
    streamed,
)

BEGUN = Started(id="r1", model="m")
DONE = Finished(stop=Stop.END)
SEAL = Seal(dialect="gemini", kind="thought", data="AAAA")
FOREIGN = Seal(dialect="messages", kind="signature", data="AAAA")
BUSY = GatewayError(Kind.OVERLOADED, "busy")


def block(opening: Part, *inner: Event, index: int = 0, choice: int = 0) -> list[Event]:
    return [
        BlockStarted(index=index, block=opening, choice=choice),
        *inner,
        BlockEnded(index=index),
    ]


def chunks(*events: Event, asked: ChatRequest | None = None) -> tuple[list[JsonObject], list[str]]:
    """The chunks of a stream that begins, and the notes."""
    receipt = Receipt()
    data = streamed([BEGUN, *events], receipt, asked)
    check_stream(data)
    return frames(data), notes(receipt)


def parts(*events: Event, asked: ChatRequest | None = None) -> list[JsonObject]:
    """The parts of all chunks but the last."""
    found, _ = chunks(*events, asked=asked)
    return [
        part
        for body in found[:-1]
        for candidate in objects_at(body, "candidates")
        for part in objects_at(object_at(candidate, "content") or {}, "parts")
    ]


def last(*events: Event) -> JsonObject:
    """The only candidate of the last chunk."""
    (candidate,) = objects_at(chunks(*events)[0][-1], "candidates")
    return candidate


def test_a_plain_stream() -> None:
    hello = block(Text(text=""), BlockDelta(0, "text", "a"), BlockDelta(0, "text", "b"))
    usage = UsageSeen(Usage(input=3, output=2, reasoning=1))
    found, said = chunks(*hello, DONE, usage)
    common = {"modelVersion": "m", "responseId": "r1"}
    assert said == []
    assert found == [
        {"candidates": [{"content": {"parts": [{"text": "a"}], "role": "model"}, "index": 0}]}
        | common,
        {"candidates": [{"content": {"parts": [{"text": "b"}], "role": "model"}, "index": 0}]}
        | common,
        {
            "candidates": [
                {
                    "content": {"parts": [{"text": ""}], "role": "model"},
                    "finishReason": "STOP",
                    "index": 0,
                }
            ],
            "usageMetadata": {
                "promptTokenCount": 3,
                "candidatesTokenCount": 1,
                "thoughtsTokenCount": 1,
                "totalTokenCount": 5,
            },
        }
        | common,
    ]


def test_chunks_are_framed_as_googles_are() -> None:
    encoder = Encoder(None, Receipt())
    assert encoder.encode(BEGUN) == b""
    opening = BlockStarted(index=0, block=Text(text="a"))
    assert encoder.encode(opening) == (
        b'data: {"candidates":[{"content":{"parts":[{"text":"a"}],"role":"model"},"index":0}],'
        b'"modelVersion":"m","responseId":"r1"}\r\n\r\n'
    )


def test_without_alt_sse_the_stream_is_an_array() -> None:
    encoder = Encoder(None, Receipt(), "array")
    events = [BEGUN, *block(Text(text="a")), DONE]
    data = [encoder.encode(event) for event in events]
    assert data[1].startswith(b"[{")
    tail = encoder.close()
    assert tail.startswith(b",\r\n{")
    assert isinstance(wire.parse(b"".join(data) + tail), list)


def test_an_array_ends_after_an_error_too() -> None:
    for events in ([Failed(BUSY)], [*block(Text(text="a")), Failed(BUSY)]):
        encoder = Encoder(None, Receipt(), "array")
        data = b"".join([encoder.encode(event) for event in events]) + encoder.close()
        array = wire.parse(data)
        assert isinstance(array, list)
        assert isinstance(array[-1], dict)
        assert "error" in array[-1]


def test_edge_case_60_argument_fragments_are_held_until_they_are_whole() -> None:
    found = parts(
        *block(
            ToolCall(id="c1", name="f"),
            BlockDelta(0, "arguments", "{}"[:1]),
            BlockDelta(0, "arguments", '"a":{}'),
            BlockDelta(0, "arguments", "}"),
        ),
        DONE,
    )
    assert found == [{"functionCall": {"name": "f", "args": {"a": {}}, "id": "c1"}}]


def test_calls_that_arrive_interleaved_stay_apart() -> None:
    found = parts(
        BlockStarted(index=0, block=ToolCall(id="a", name="f")),
        BlockStarted(index=1, block=ToolCall(id="b", name="g", arguments='{"x":')),
        BlockDelta(0, "arguments", '{"y":'),
        BlockDelta(1, "arguments", "1}"),
        BlockDelta(0, "arguments", "2}"),
        BlockEnded(index=1),
        BlockEnded(index=0),
        DONE,
    )
    assert [part["functionCall"] for part in found] == [
        {"name": "g", "args": {"x": 1}, "id": "b"},
        {"name": "f", "args": {"y": 2}, "id": "a"},
    ]


def test_a_call_without_arguments_is_given_none() -> None:
    assert parts(*block(ToolCall(id="a", name="f")), DONE) == [
        {"functionCall": {"name": "f", "args": {}, "id": "a"}}
    ]


def test_a_restated_call_is_taken_as_restated() -> None:
    opened = BlockStarted(index=0, block=ToolCall(id="a", name="f"))
    ended = BlockEnded(index=0, block=ToolCall(id="a", name="f", arguments='{"x":1}'))
    (part,) = parts(opened, BlockDelta(0, "arguments", "{"), ended, DONE)
    assert part["functionCall"] == {"name": "f", "args": {"x": 1}, "id": "a"}


def test_a_call_that_broke_off_is_not_made() -> None:
    found, said = chunks(
        BlockStarted(index=0, block=ToolCall(id="a", name="f")), BlockDelta(0, "arguments", '{"x":')
    )
    assert "functionCall" not in str(found)
    assert said == ["dropped parts[0]"]


def test_a_call_whose_arguments_are_whole_is_made_though_the_stream_broke_off() -> None:
    found = parts(
        BlockStarted(index=0, block=ToolCall(id="a", name="f")), BlockDelta(0, "arguments", "{}")
    )
    assert found == [{"functionCall": {"name": "f", "args": {}, "id": "a"}}]


def test_thoughts_go_out_as_they_come_and_are_signed_at_their_end() -> None:
    thinking = block(
        Thinking(segments=("",)),
        Segmented(0),
        BlockDelta(0, "thinking", "a"),
        Segmented(0),
        BlockDelta(0, "thinking", "b"),
        Sealed(0, FOREIGN),
        Sealed(0, SEAL),
    )
    assert parts(*thinking, DONE) == [
        {"text": "a", "thought": True},
        {"text": "\n\n", "thought": True},
        {"text": "b", "thought": True},
        {"text": "", "thoughtSignature": "AAAA"},
    ]


def test_a_thought_of_geminis_is_signed_as_a_thought() -> None:
    thinking = block(Thinking(ext=mark({})), BlockDelta(0, "thinking", "a"), Sealed(0, SEAL))
    assert parts(*thinking, DONE)[-1] == {
        "text": "",
        "thought": True,
        "thoughtSignature": "AAAA",
    }


def test_foreign_seals_are_dropped_with_a_note() -> None:
    found, said = chunks(*block(Thinking(), Sealed(0, FOREIGN)), DONE)
    assert len(found) == 1
    assert said == ["dropped parts[0].seal"]


def test_a_restated_thoughts_seal_counts() -> None:
    events: list[Event] = [
        BlockStarted(index=0, block=Thinking(seal=FOREIGN)),
        BlockEnded(index=0, block=Thinking(text="", seal=SEAL)),
    ]
    assert parts(*events, DONE) == [{"text": "", "thoughtSignature": "AAAA"}]


def test_a_signed_call_bears_its_signature() -> None:
    (part,) = parts(*block(ToolCall(id="a", name="f", ext=mark({})), Sealed(0, SEAL)), DONE)
    assert part == {"functionCall": {"name": "f", "args": {}}, "thoughtSignature": "AAAA"}


def test_thoughts_are_kept_from_a_client_that_wants_none() -> None:
    asked = request(reasoning=Reasoning(show=False))
    thinking = block(Thinking(text="a"), BlockDelta(0, "thinking", "b"), Sealed(0, SEAL))
    assert parts(*thinking, DONE, asked=asked) == [{"text": "", "thoughtSignature": "AAAA"}]


def test_a_signed_text_is_signed_at_its_end() -> None:
    signed = Text(text="", ext=mark({"thoughtSignature": "AAAA"}))
    assert parts(*block(signed, BlockDelta(0, "text", "a")), DONE) == [
        {"text": "a"},
        {"text": "", "thoughtSignature": "AAAA"},
    ]


def test_media_and_opaque_blocks_come_whole() -> None:
    image = Media(kind="image", mime="image/png", data="AA==")
    own = Opaque(dialect="gemini", raw={"executableCode": {"code": "1", "language": "PYTHON"}})
    found = parts(
        *block(image),
        *block(own, index=1),
        *block(Opaque(dialect="messages", raw={}), index=2),
        DONE,
    )
    assert found == [
        {"inlineData": {"mimeType": "image/png", "data": "AA=="}},
        {"executableCode": {"code": "1", "language": "PYTHON"}},
    ]


def test_a_refusal_is_text_and_a_safety_stop() -> None:
    events = [*block(Refusal(text=""), BlockDelta(0, "refusal", "no")), DONE]
    assert parts(*events) == [{"text": "no"}]
    assert last(*events)["finishReason"] == "SAFETY"


@pytest.mark.parametrize(
    ("finished", "expected"),
    [
        (Finished(stop=Stop.LENGTH), {"finishReason": "MAX_TOKENS"}),
        (
            Finished(stop=Stop.FILTER, stop_detail="why"),
            {"finishReason": "SAFETY", "finishMessage": "why"},
        ),
        (
            Finished(stop=Stop.MALFORMED, stop_detail="f(1"),
            {"finishReason": "MALFORMED_FUNCTION_CALL", "finishMessage": "f(1"},
        ),
        (
            Finished(stop=Stop.FILTER, ext=mark({"finishReason": "RECITATION", "avgLogprobs": -1})),
            {"finishReason": "RECITATION", "avgLogprobs": -1},
        ),
        (Finished(stop=Stop.END, ext=mark({})), {"finishReason": "STOP"}),
    ],
)
def test_the_last_chunk_says_why(finished: Finished, expected: JsonObject) -> None:
    found = last(finished)
    assert {key: found[key] for key in found if key not in {"content", "index"}} == expected


def test_edge_case_21_a_stream_that_just_stops_gets_a_finish() -> None:
    assert last(*block(Text(text="a")))["finishReason"] == "OTHER"
    receipt = Receipt()
    (only,) = frames(streamed([], receipt, request()))
    assert only["modelVersion"] == "gemini-2.5-flash"
    assert objects_at(only, "candidates")[0]["finishReason"] == "OTHER"


def test_a_blocked_prompt_has_no_candidates() -> None:
    feedback: JsonObject = {"promptFeedback": {"blockReason": "SAFETY"}}
    data = streamed(
        [
            Started(id="r1", model="m", ext=mark(feedback)),
            Finished(stop=Stop.FILTER, ext=mark({"noCandidate": True})),
        ]
    )
    assert frames(data) == [{"modelVersion": "m", "responseId": "r1", **feedback}]


def test_sources_come_with_the_last_chunk() -> None:
    cited = Citation(url="https://a.example", start=1, end=2)
    events = [
        *block(Text(text="ü ")),
        *block(Text(text=""), BlockDelta(1, "text", "aöc"), Cited(1, cited), index=1),
        DONE,
    ]
    assert last(*events)["groundingMetadata"] == {
        "groundingChunks": [{"web": {"uri": "https://a.example"}}],
        "groundingSupports": [
            {
                "segment": {"startIndex": 4, "endIndex": 6, "text": "ö"},
                "groundingChunkIndices": [0],
            }
        ],
    }


def test_a_source_without_offsets_belongs_to_its_block() -> None:
    cited = Cited(1, Citation(url="https://a.example"))
    events = [*block(Text(text="ab")), *block(Text(text="cd"), cited, index=1), DONE]
    grounding = object_at(last(*events), "groundingMetadata") or {}
    (support,) = objects_at(grounding, "groundingSupports")
    assert support["segment"] == {"startIndex": 2, "endIndex": 4, "text": "cd"}


def test_geminis_own_grounding_is_not_made_twice() -> None:
    own = Finished(stop=Stop.END, ext=mark({"finishReason": "STOP"}))
    cited = Cited(0, Citation(url="https://a.example", start=0, end=1))
    assert "groundingMetadata" not in last(*block(Text(text="a"), cited), own)


def test_probabilities_have_a_chunk_of_their_own() -> None:
    items: list[wire.Json] = [{"token": "a", "logprob": -1, "top_logprobs": []}]
    found, _ = chunks(LogProbs(items), LogProbs([]), DONE)
    assert len(found) == 2
    assert objects_at(found[0], "candidates")[0]["logprobsResult"] == {
        "chosenCandidates": [{"token": "a", "logProbability": -1}],
        "topCandidates": [{"candidates": []}],
    }


def test_several_choices_end_in_one_chunk() -> None:
    found, _ = chunks(
        *block(Text(text="a")),
        *block(Text(text="b"), index=1, choice=1),
        DONE,
        Finished(stop=Stop.LENGTH, choice=1),
    )
    endings = objects_at(found[-1], "candidates")
    assert [(c["index"], c["finishReason"]) for c in endings] == [(0, "STOP"), (1, "MAX_TOKENS")]


def test_a_failure_ends_the_stream_at_once() -> None:
    encoder = Encoder(None, Receipt())
    data = encoder.encode(Failed(BUSY))
    assert frames(data) == [{"error": {"code": 503, "message": "busy", "status": "UNAVAILABLE"}}]
    assert encoder.encode(BEGUN) == b""
    assert encoder.encode(Failed(BUSY)) == b""
    assert encoder.close() == b""


def test_nothing_follows_the_end() -> None:
    encoder = Encoder(None, Receipt())
    assert encoder.close()
    assert encoder.close() == b""
    assert encoder.encode(DONE) == b""


def test_events_of_unknown_blocks_are_ignored() -> None:
    found, _ = chunks(BlockDelta(7, "text", "x"), BlockEnded(index=7), Sealed(7, SEAL), DONE)
    assert len(found) == 1


def test_usage_reports_are_merged() -> None:
    found, _ = chunks(UsageSeen(Usage(input=3)), UsageSeen(Usage(output=2)), DONE)
    assert found[-1]["usageMetadata"] == {
        "promptTokenCount": 3,
        "candidatesTokenCount": 2,
        "totalTokenCount": 5,
    }


def test_a_whole_answer_replayed_reads_as_it_was() -> None:
    answer = ChatResponse(
        id="r1",
        model="m",
        choices=(
            Choice(
                parts=(
                    Thinking(text="hm", ext=mark({})),
                    Text(text="hi", ext=mark({})),
                    ToolCall(
                        id="c1",
                        name="f",
                        arguments='{"a":1}',
                        seal=SEAL,
                        ext=mark({"functionCall": {"id": "c1"}}),
                    ),
                ),
                stop=Stop.TOOL,
                ext=mark({"finishReason": "STOP"}),
            ),
        ),
        usage=Usage(input=1, output=2, ext=mark({"totalTokenCount": 3})),
        ext=mark({"createTime": "1970-01-01T00:00:07Z"}),
        created=7,
    )
    assert collect(decoded([streamed(replay(answer))])) == answer
