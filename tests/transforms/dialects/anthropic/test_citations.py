"""Citations keep what Anthropic wants back."""

from __future__ import annotations

import pytest

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.anthropic.citations import (
    decode_citation,
    encode_citation,
    encode_citations,
)
from plexus.transforms.ir import Citation
from plexus.transforms.wire import JsonObject

WEB: JsonObject = {
    "type": "web_search_result_location",
    "url": "https://example.com/a",
    "title": "A",
    "encrypted_index": "Eo8B",
    "cited_text": "words",
}
PAGE: JsonObject = {
    "type": "page_location",
    "document_index": 0,
    "document_title": "Report",
    "start_page_number": 1,
    "end_page_number": 2,
    "cited_text": "words",
}
FOUND: JsonObject = {
    "type": "search_result_location",
    "source": "https://example.com/b",
    "title": None,
    "cited_text": "words",
}


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        (WEB, Citation(url="https://example.com/a", title="A", quote="words")),
        (PAGE, Citation(title="Report", quote="words")),
        (FOUND, Citation(url="https://example.com/b", quote="words")),
        ({"type": "search_result_location", "source": "kb/7"}, Citation()),
        ({}, Citation()),
    ],
)
def test_a_citation_is_read_and_kept_whole(raw: JsonObject, read: Citation) -> None:
    citation = decode_citation(raw)
    assert (citation.url, citation.title, citation.quote) == (read.url, read.title, read.quote)
    assert citation.ext == {"messages": raw}


@pytest.mark.parametrize("raw", [WEB, PAGE, FOUND])
def test_anthropics_own_citation_is_written_back_as_it_was(raw: JsonObject) -> None:
    receipt = Receipt()
    assert encode_citation(decode_citation(raw), "parts[0]", receipt) == raw
    assert receipt.notes == ()


def test_a_foreign_citation_is_left_out_and_noted() -> None:
    receipt = Receipt()
    citations = [Citation(url="https://example.com"), decode_citation(WEB)]
    assert encode_citations(citations, "parts[0]", receipt) == [WEB]
    assert [str(note) for note in receipt.notes] == [
        "dropped parts[0] (a citation from another provider)"
    ]
