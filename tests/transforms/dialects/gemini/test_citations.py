"""Sources: Google counts bytes, we count characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.transforms.dialects.gemini.citations import (
    Cited,
    decode_citations,
    encode_grounding,
    measured_citations,
)
from plexus.transforms.dialects.gemini.measure import Measure
from plexus.transforms.ir import Citation
from plexus.transforms.wire import JsonObject

TEXT = "Größe: groß. Ende."
WEB: JsonObject = {"web": {"uri": "https://a.example", "title": "A"}}


def grounded(*segments: JsonObject, chunks: list[JsonObject] | None = None) -> JsonObject:
    """A candidate whose segments all rest on the first source."""
    supports: list[JsonObject] = [
        {"segment": segment, "groundingChunkIndices": [0]} for segment in segments
    ]
    metadata: JsonObject = {"groundingChunks": [*(chunks or [WEB])]}
    if supports:
        metadata["groundingSupports"] = [*supports]
    return {"groundingMetadata": metadata}


def a(start: int | None = None, end: int | None = None) -> Citation:
    return Citation(url="https://a.example", title="A", start=start, end=end)


def test_byte_offsets_become_characters() -> None:
    start = len("Größe: ".encode())
    end = len("Größe: groß.".encode())
    segment: JsonObject = {"startIndex": start, "endIndex": end, "text": "groß."}
    assert decode_citations(grounded(segment), [TEXT]) == [Cited(0, a(7, 12))]
    assert TEXT[7:12] == "groß."


def test_a_segment_that_starts_at_zero_does_not_say_so() -> None:
    assert decode_citations(grounded({"endIndex": 1, "text": "G"}), [TEXT]) == [Cited(0, a(0, 1))]


def test_a_segment_names_its_part() -> None:
    segment: JsonObject = {"partIndex": 1, "startIndex": 0, "endIndex": 3, "text": "two"}
    assert decode_citations(grounded(segment), ["one", "two"]) == [Cited(1, a(0, 3))]


def test_offsets_into_the_whole_text_find_their_part() -> None:
    segment: JsonObject = {"startIndex": 4, "endIndex": 7, "text": "two"}
    assert decode_citations(grounded(segment), ["one ", None, "two"]) == [Cited(2, a(0, 3))]


def test_wrong_offsets_are_mended_by_the_words() -> None:
    segment: JsonObject = {"startIndex": 900, "endIndex": 905, "text": "Ende."}
    assert decode_citations(grounded(segment), [TEXT]) == [Cited(0, a(13, 18))]


def test_words_that_are_nowhere_leave_a_source_without_offsets() -> None:
    segment: JsonObject = {"startIndex": 0, "endIndex": 3, "text": "xyz"}
    assert decode_citations(grounded(segment), [TEXT]) == [Cited(0, a())]


def test_sources_without_supports_belong_to_the_whole_answer() -> None:
    assert decode_citations(grounded(), [None, TEXT]) == [Cited(1, a())]
    assert decode_citations(grounded(), [None]) == []


def test_a_support_may_name_several_sources_and_some_that_are_not_there() -> None:
    candidate = grounded(chunks=[WEB, {"maps": {"uri": "https://b.example", "title": "B"}}])
    metadata = candidate["groundingMetadata"]
    assert isinstance(metadata, dict)
    metadata["groundingSupports"] = [
        {"segment": {"endIndex": 1}, "groundingChunkIndices": [0, 1, 9, "x"]}
    ]
    assert [cited.citation.title for cited in decode_citations(candidate, [TEXT])] == ["A", "B"]


def test_a_retrieved_context_is_quoted() -> None:
    chunk: JsonObject = {"retrievedContext": {"title": "doc", "text": "words"}}
    candidate = grounded({"endIndex": 1}, chunks=[chunk])
    assert decode_citations(candidate, [TEXT]) == [
        Cited(0, Citation(title="doc", quote="words", start=0, end=1))
    ]


def test_an_unknown_kind_of_source_is_an_empty_one() -> None:
    candidate = grounded({"endIndex": 1}, chunks=[{"novel": {}}])
    assert decode_citations(candidate, [TEXT]) == [Cited(0, Citation(start=0, end=1))]


def test_recitations_are_citations() -> None:
    source: JsonObject = {"startIndex": 0, "endIndex": 1, "uri": "https://a.example", "title": "A"}
    candidate: JsonObject = {"citationMetadata": {"citations": [source]}}
    assert decode_citations(candidate, [TEXT]) == [Cited(0, a(0, 1))]


@pytest.mark.parametrize(
    ("citation", "segment"),
    [
        (a(7, 12), {"startIndex": 9, "endIndex": 15, "text": "groß."}),
        (a(), {"startIndex": 0, "endIndex": 21, "text": TEXT}),
        (a(500, 900), {"startIndex": 21, "endIndex": 21, "text": ""}),
    ],
)
def test_characters_become_byte_offsets(citation: Citation, segment: JsonObject) -> None:
    assert encode_grounding([(0, TEXT, [citation])]) == {
        "groundingChunks": [WEB],
        "groundingSupports": [{"segment": segment, "groundingChunkIndices": [0]}],
    }


def test_a_source_is_listed_once() -> None:
    grounding = encode_grounding([(0, "ab", [a(0, 1), a(1, 2)])])
    assert grounding is not None
    assert grounding["groundingChunks"] == [WEB]


def test_later_parts_are_named() -> None:
    grounding = encode_grounding([(2, "ab", [a(0, 1)])])
    assert grounding is not None
    assert grounding["groundingSupports"] == [
        {
            "segment": {"partIndex": 2, "startIndex": 0, "endIndex": 1, "text": "a"},
            "groundingChunkIndices": [0],
        }
    ]


def test_a_source_without_an_address_is_a_retrieved_context() -> None:
    grounding = encode_grounding([(0, "ab", [Citation(title="doc", quote="words")])])
    assert grounding is not None
    assert grounding["groundingChunks"] == [{"retrievedContext": {"title": "doc", "text": "words"}}]


def test_an_address_may_stand_without_a_title() -> None:
    grounding = encode_grounding([(0, "ab", [Citation(url="https://a.example")])])
    assert grounding is not None
    assert grounding["groundingChunks"] == [{"web": {"uri": "https://a.example"}}]


def test_nothing_to_cite_is_no_grounding() -> None:
    assert encode_grounding([(0, "ab", [Citation(start=0, end=1)])]) is None
    assert encode_grounding([]) is None


def measured(text: str) -> Measure:
    measure = Measure()
    measure.add(text)
    return measure


@pytest.mark.parametrize(
    ("segment", "expected"),
    [
        ({"startIndex": 9, "endIndex": 15, "text": "groß."}, a(7, 12)),
        ({"endIndex": 1}, a(0, 1)),
        ({"endIndex": 21}, a(0, 18)),
        ({"endIndex": 22}, a()),  # beyond the text
        ({"startIndex": 5, "endIndex": 3}, a()),
        ({"startIndex": 9, "endIndex": 14, "text": "groß."}, a()),  # its words are longer
        ({"startIndex": 9, "text": "groß."}, a()),
    ],
)
def test_offsets_in_a_streamed_text_are_counted_by_its_measures(
    segment: JsonObject, expected: Citation
) -> None:
    assert measured_citations(grounded(segment), measured(TEXT)) == [expected]


def test_sources_of_a_whole_streamed_answer_have_no_offsets() -> None:
    assert measured_citations(grounded(), measured(TEXT)) == [a()]


@given(st.text(max_size=20), st.integers(0, 30), st.integers(0, 30))
def test_a_measured_text_gives_the_offsets_that_the_text_itself_would(
    text: str, start: int, end: int
) -> None:
    candidate = grounded({"startIndex": start, "endIndex": end})
    (whole,) = decode_citations(candidate, [text])
    assert measured_citations(candidate, measured(text)) == [whole.citation]
