"""Sources of a text: annotations here, citations in the IR."""

from __future__ import annotations

from typing import Final

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.openai_responses.origin import NAME, own
from plexus.transforms.ir import Citation
from plexus.transforms.wire import JsonObject, count_at, text_at

_URL: Final = "url_citation"


def decode_annotation(raw: JsonObject) -> Citation:
    """Return an annotation as a citation; one of files keeps its original for us alone."""
    ext = {NAME: raw}
    if raw.get("type") == _URL:
        return Citation(
            url=text_at(raw, "url"),
            title=text_at(raw, "title"),
            start=count_at(raw, "start_index"),
            end=count_at(raw, "end_index"),
            ext=ext,
        )
    return Citation(
        title=text_at(raw, "filename"),
        start=count_at(raw, "start_index"),
        end=count_at(raw, "end_index"),
        ext=ext,
    )


def encode_citations(
    citations: tuple[Citation, ...], text: str, receipt: Receipt, path: str
) -> list[JsonObject]:
    """Return the annotations of `text`; a source without a URL cannot be said and is noted."""
    annotations = []
    for citation in citations:
        annotation = encode_citation(citation, len(text))
        if annotation is None:
            receipt.dropped(path, "a citation without a URL")
        else:
            annotations.append(annotation)
    return annotations


def encode_citation(citation: Citation, length: int) -> JsonObject | None:
    """Return one annotation of a text of `length` characters, or `None` if it can't be said.

    A citation without offsets is of the whole text (wire-formats.md §7.8).
    """
    original = own(citation.ext)
    if original and original.get("type") != _URL:
        return original
    if citation.url is None:
        return None
    return {
        **original,
        "type": _URL,
        "url": citation.url,
        "title": citation.title or "",
        "start_index": 0 if citation.start is None else citation.start,
        "end_index": length if citation.end is None else citation.end,
    }
