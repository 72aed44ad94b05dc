"""Citations of a text block, which hold for the whole block (wire-formats.md §3.5)."""

from __future__ import annotations

from collections.abc import Iterable

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.anthropic.identity import NAME, own
from plexus.transforms.ir import Citation
from plexus.transforms.wire import JsonObject, text_at


def decode_citation(raw: JsonObject) -> Citation:
    """Read a citation of any kind; `ext` keeps all of it, `encrypted_index` and page included.

    `start` and `end` stay open: it supports the whole block, whose length a stream does not know.
    """
    source = text_at(raw, "url") or text_at(raw, "source")
    title = text_at(raw, "title")
    return Citation(
        url=source if source and source.startswith(("http://", "https://")) else None,
        title=text_at(raw, "document_title") if title is None else title,
        quote=text_at(raw, "cited_text"),
        ext={NAME: raw},
    )


def encode_citation(citation: Citation, path: str, receipt: Receipt) -> JsonObject | None:
    """Write a citation that came from Anthropic.

    Others lack the `encrypted_index` that Anthropic wants back (wire-formats.md §7.8).
    """
    raw = own(citation.ext)
    if "type" in raw:
        return raw
    receipt.dropped(path, "a citation from another provider")
    return None


def encode_citations(
    citations: Iterable[Citation], path: str, receipt: Receipt
) -> list[JsonObject]:
    """Write those citations that can be written."""
    written = (encode_citation(citation, path, receipt) for citation in citations)
    return [raw for raw in written if raw is not None]
