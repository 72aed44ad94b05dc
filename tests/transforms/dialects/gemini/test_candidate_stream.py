"""One candidate through the chunks of a stream."""

from __future__ import annotations

import pytest

from plexus.transforms.blocks import BlockTracker
from plexus.transforms.dialects.gemini.candidate_stream import CandidateStream, shifted
from plexus.transforms.dialects.gemini.keys import mark
from plexus.transforms.events import (
    BlockDelta,
    BlockEnded,
    BlockStarted,
    Cited,
    Event,
    Finished,
    LogProbs,
    Sealed,
)
from plexus.transforms.ir import Citation, Media, Opaque, Seal, Stop, Text, Thinking, ToolCall
from plexus.transforms.wire import Json, JsonObject

SEAL = Seal(dialect="gemini", kind="thought", data="AAAA")
BARE = mark({"thought": False})
WEB: JsonObject = {"groundingChunks": [{"web": {"uri": "https://a.example"}}]}


def part(*parts: JsonObject, **fields: Json) -> JsonObject:
    return {"content": {"parts": [*parts]}, **fields}


def events(*candidates: JsonObject) -> list[Event]:
    """The events of a candidate's chunks and their end, but for the finish."""
    return finished(*candidates)[:-1]


def finished(*candidates: JsonObject) -> list[Event]:
    stream = CandidateStream(0, "r", BlockTracker())
    found = [event for candidate in candidates for event in stream.chunk(candidate, vertex=False)]
    return [*found, *stream.close(), stream.finished()]


def text_block(index: int, *deltas: str) -> list[Event]:
    return [
        BlockStarted(index=index, block=Text(text="", ext=mark({}))),
        *(BlockDelta(index, "text", delta) for delta in deltas),
    ]


def end(index: int) -> Event:
    return BlockEnded(index=index)


def call_of(found: list[Event]) -> ToolCall:
    block = next(event.block for event in found if isinstance(event, BlockStarted))
    assert isinstance(block, ToolCall)
    return block


def test_text_grows_one_block() -> None:
    found = events(part({"text": "a"}), part({"text": "b"}, {"text": "c"}), part({"text": ""}))
    assert found == [*text_block(0, "a", "b", "c"), end(0)]


def test_edge_case_16_text_after_a_thought_is_a_block_of_its_own() -> None:
    thought: JsonObject = {"text": "hm", "thought": True}
    assert events(part(thought), part(thought), part({"text": "a"}), part(thought)) == [
        BlockStarted(index=0, block=Thinking(ext=mark({}))),
        BlockDelta(0, "thinking", "hm"),
        BlockDelta(0, "thinking", "hm"),
        end(0),
        *text_block(1, "a"),
        end(1),
        BlockStarted(index=2, block=Thinking(ext=mark({}))),
        BlockDelta(2, "thinking", "hm"),
        end(2),
    ]


def test_a_thoughts_signature_seals_it() -> None:
    found = events(
        part({"text": "hm", "thought": True}), part({"thought": True, "thoughtSignature": "AAAA"})
    )
    assert found == [
        BlockStarted(index=0, block=Thinking(ext=mark({}))),
        BlockDelta(0, "thinking", "hm"),
        Sealed(0, SEAL),
        end(0),
    ]


@pytest.mark.parametrize(
    "last",
    [
        [{"text": "b", "thoughtSignature": "AAAA"}],
        [{"text": "b"}, {"text": "", "thoughtSignature": "AAAA"}],
        [{"text": "b"}, {"thoughtSignature": "AAAA"}],
    ],
)
def test_edge_case_39_a_texts_signature_follows_it_as_a_block(last: list[JsonObject]) -> None:
    assert events(part({"text": "a"}), part(*last)) == [
        *text_block(0, "a", "b"),
        end(0),
        BlockStarted(index=1, block=Thinking(ext=BARE)),
        Sealed(1, SEAL),
        end(1),
    ]


def test_text_that_goes_on_after_its_signature_is_not_torn() -> None:
    found = events(part({"text": "a", "thoughtSignature": "AAAA"}), part({"text": "b"}))
    assert found[:4] == [*text_block(0, "a", "b"), end(0)]


def test_a_signature_by_itself_is_a_block() -> None:
    assert events(part({"text": "", "thoughtSignature": "AAAA"})) == [
        BlockStarted(index=0, block=Thinking(ext=BARE)),
        Sealed(0, SEAL),
        end(0),
    ]


def test_a_call_is_a_block_of_its_own() -> None:
    call: JsonObject = {"functionCall": {"name": "f", "args": {"a": 1}}, "thoughtSignature": "AAAA"}
    found = events(part({"text": "a"}), part(call))
    opened = found[3]
    assert isinstance(opened, BlockStarted)
    assert isinstance(opened.block, ToolCall)
    assert (opened.block.name, opened.block.arguments, opened.block.ext) == ("f", "", mark({}))
    assert found[4:] == [Sealed(1, SEAL), BlockDelta(1, "arguments", '{"a":1}'), end(1)]


def test_edge_case_22_calls_of_several_chunks_have_ids_and_blocks_of_their_own() -> None:
    call: JsonObject = {"functionCall": {"name": "f"}}
    starts = [e for e in events(part(call), part(call, call)) if isinstance(e, BlockStarted)]
    assert [start.index for start in starts] == [0, 1, 2]
    assert len({start.block.id for start in starts if isinstance(start.block, ToolCall)}) == 3


def test_edge_case_19_calls_are_remembered_to_the_end() -> None:
    done = finished(part({"functionCall": {"name": "f"}}), part({"text": ""}, finishReason="STOP"))[
        -1
    ]
    assert isinstance(done, Finished)
    assert done.stop is Stop.TOOL


def test_a_call_in_pieces_is_put_together() -> None:
    def piece(value: str, *, more: bool) -> JsonObject:
        return {"jsonPath": "$.a", "stringValue": value, "willContinue": more}

    found = events(
        part({"functionCall": {"name": "f", "id": "x", "willContinue": True}}),
        part({"functionCall": {"partialArgs": [piece("b", more=True)], "willContinue": True}}),
        part({"functionCall": {"partialArgs": [piece("c", more=False)], "willContinue": True}}),
        part({"functionCall": {}, "thoughtSignature": "AAAA"}),
    )
    assert call_of(found) == ToolCall(id="x", name="f", ext=mark({"functionCall": {"id": "x"}}))
    assert found[1:] == [Sealed(0, SEAL), BlockDelta(0, "arguments", '{"a":"bc"}'), end(0)]


def test_a_call_in_pieces_that_just_stops_has_what_came() -> None:
    piece: JsonObject = {"jsonPath": "$.a", "numberValue": 1}
    found = events(
        part({"functionCall": {"name": "f", "partialArgs": [piece], "willContinue": True}}),
        part({"functionCall": {"name": "g", "args": {}}}),
    )
    deltas = [event.text for event in found if isinstance(event, BlockDelta)]
    assert deltas == ['{"a":1}', "{}"]


def test_media_and_opaque_parts_come_whole() -> None:
    image: JsonObject = {"inlineData": {"mimeType": "image/png", "data": "AA=="}}
    code: JsonObject = {"executableCode": {"code": "1"}}
    assert events(part(image, code)) == [
        BlockStarted(
            index=0, block=Media(kind="image", mime="image/png", data="AA==", ext=mark({}))
        ),
        end(0),
        BlockStarted(index=1, block=Opaque(dialect="gemini", raw=code)),
        end(1),
    ]


def test_citations_stand_in_the_text_that_is_open_at_the_end() -> None:
    support: JsonObject = {
        "segment": {"startIndex": 3, "endIndex": 5, "text": "bc"},
        "groundingChunkIndices": [0],
    }
    found = events(
        part({"text": "ü"}, groundingMetadata={}),
        part({"text": "hm", "thought": True}),
        part({"text": "abc"}, groundingMetadata=WEB),
        part({"text": ""}, groundingMetadata={"groundingSupports": [support]}),
    )
    assert found[-2:] == [
        Cited(2, Citation(url="https://a.example", start=1, end=3)),
        end(2),
    ]


@pytest.mark.parametrize(
    ("citation", "moved"),
    [
        (Citation(start=5, end=7), Citation(start=2, end=4)),
        (Citation(start=1, end=7), None),
        (Citation(url="u"), Citation(url="u")),
    ],
)
def test_citations_count_from_their_block(citation: Citation, moved: Citation | None) -> None:
    assert shifted(citation, 3) == moved


def test_recitations_of_all_chunks_are_kept() -> None:
    def source(uri: str) -> JsonObject:
        return {"citations": [{"uri": uri}]}

    done = finished(part(citationMetadata=source("a")), part(citationMetadata=source("b")))[-1]
    assert isinstance(done, Finished)
    assert done.ext == mark({"citationMetadata": {"citations": [{"uri": "a"}, {"uri": "b"}]}})


def test_token_probabilities_come_with_their_chunk() -> None:
    result: JsonObject = {"chosenCandidates": [{"token": "a", "logProbability": -1}]}
    found = events(part({"text": "a"}, logprobsResult=result))
    assert found[2] == LogProbs([{"token": "a", "logprob": -1, "bytes": [97], "top_logprobs": []}])


def test_the_last_reason_counts_and_comes_with_its_words() -> None:
    assert finished(
        part({"text": "a"}, finishReason="STOP", avgLogprobs=-1),
        part(finishReason="SAFETY", finishMessage="too sharp"),
    )[-1] == Finished(
        stop=Stop.FILTER,
        stop_detail="too sharp",
        ext=mark({"avgLogprobs": -1, "finishReason": "SAFETY", "finishMessage": "too sharp"}),
    )
