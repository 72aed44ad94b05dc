"""Annotations are read and written; those that are no citations stay whole."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.dialects.openai_chat.citations import (
    decode_citation,
    encode_citation,
    take_citations,
)
from plexus.transforms.ir import Citation


def _annotation(**fields: Any) -> Any:
    return {"type": "url_citation", "url_citation": {"url": "https://x", **fields}}


def test_a_citation_goes_back_as_it_was() -> None:
    raw = _annotation(title="T", start_index=3, end_index=9, content="quoted", rank=1)

    citation = decode_citation(raw)

    assert citation is not None
    assert (citation.title, citation.start, citation.end, citation.quote) == ("T", 3, 9, "quoted")
    assert encode_citation(citation, 0, 100) == raw


def test_other_annotations_stay_in_the_message() -> None:
    file: Any = {"type": "file", "file": {"hash": "h"}}
    left: Any = {"annotations": [file, _annotation(), 7]}

    assert [citation.url for citation in take_citations(left)] == ["https://x"]
    assert left == {"annotations": [file, 7]}


def test_citations_alone_leave_nothing_behind() -> None:
    left: Any = {"annotations": [_annotation()]}

    assert len(take_citations(left)) == 1
    assert left == {}


@pytest.mark.parametrize("raw", [None, 1, {}, {"type": "url_citation"}, _annotation(url="")])
def test_what_cites_nothing_is_no_citation(raw: Any) -> None:
    assert decode_citation(raw) is None


def test_a_foreign_citation_without_offsets_is_about_its_whole_block() -> None:
    citation = Citation(url="https://x", quote="q")

    assert encode_citation(citation, 10, 25) == _annotation(title="", start_index=10, end_index=25)


def test_offsets_count_from_the_beginning_of_the_whole_text() -> None:
    citation = Citation(url="https://x", title="T", start=2, end=5)

    assert encode_citation(citation, 10, 25) == _annotation(title="T", start_index=12, end_index=15)
