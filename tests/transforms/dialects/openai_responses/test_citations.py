"""Annotations and citations, both ways."""

from __future__ import annotations

import pytest

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.openai_responses.citations import (
    decode_annotation,
    encode_citation,
    encode_citations,
)
from plexus.transforms.ir import Citation
from plexus.transforms.wire import JsonObject

URL: JsonObject = {
    "type": "url_citation",
    "url": "https://example.com",
    "title": "Example",
    "start_index": 3,
    "end_index": 8,
}
FILE: JsonObject = {"type": "file_citation", "file_id": "file-1", "filename": "a.pdf", "index": 4}


@pytest.mark.parametrize("annotation", [URL, FILE, {**URL, "extra": 1}, {"type": "file_path"}])
def test_an_annotation_is_written_as_it_was_read(annotation: JsonObject) -> None:
    assert encode_citation(decode_annotation(annotation), 10) == annotation


def test_a_url_citation_says_where_and_what() -> None:
    citation = decode_annotation(URL)
    assert (citation.url, citation.title) == ("https://example.com", "Example")
    assert (citation.start, citation.end) == (3, 8)


def test_a_source_without_offsets_is_one_of_the_whole_text() -> None:
    written = encode_citation(Citation(url="https://example.com"), 10)
    assert written == {**URL, "title": "", "start_index": 0, "end_index": 10}


def test_a_source_without_a_url_is_noted() -> None:
    receipt = Receipt()
    citations = (Citation(title="a book", quote="words"), Citation(url="https://example.com"))
    written = encode_citations(citations, "text", receipt, "messages[0].parts[0]")
    assert len(written) == 1
    assert [note.path for note in receipt.notes] == ["messages[0].parts[0]"]
