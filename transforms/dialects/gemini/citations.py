"""Translate grounding and citation metadata: Google counts UTF-8 bytes, the IR characters."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from plexus.transforms.dialects.gemini.measure import Measure
from plexus.transforms.ir import Citation
from plexus.transforms.wire import JsonObject, count_at, list_at, object_at, objects_at, text_at


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation and which of the texts it belongs to."""

    text: int
    citation: Citation


def decode_citations(candidate: JsonObject, parts: Sequence[str | None]) -> list[Cited]:
    """Return the citations of a candidate (camelCase).

    `parts` are the visible texts of its parts, `None` for a part that is none. Offsets come out
    relative to the part's text; one whose bytes do not fit its text is looked up by its words, and
    left without offsets if they are not there (wire-formats.md §4.5, §7.8).
    """
    cited: list[Cited] = []
    for citation, segment in _sources(candidate):
        first = _first_text(parts)
        if segment is not None:
            cited.append(_placed(citation, segment, parts))
        elif first is not None:
            cited.append(Cited(first, citation))
    return cited


def measured_citations(candidate: JsonObject, text: Measure) -> list[Citation]:
    """Return the citations of a candidate (camelCase) that was streamed, with offsets in `text`.

    As the text is gone, offsets that cannot be right are left out: those beyond it, and those of
    a segment whose own words have another length.
    """
    return [
        citation if segment is None else _measured(citation, segment, text)
        for citation, segment in _sources(candidate)
    ]


def _measured(citation: Citation, segment: JsonObject, text: Measure) -> Citation:
    start, end = _span(segment)
    words = text_at(segment, "text")
    if end is None or not start <= end <= text.bytes:
        return citation
    if words is not None and len(_utf8(words)) != end - start:
        return citation
    return replace(citation, start=text.character_at(start), end=text.character_at(end))


def _sources(candidate: JsonObject) -> list[tuple[Citation, JsonObject | None]]:
    """Return each citation with the segment that it is for; `None`: for the answer as a whole."""
    found = _grounded(object_at(candidate, "groundingMetadata") or {})
    for source in objects_at(object_at(candidate, "citationMetadata") or {}, "citations"):
        citation = Citation(url=text_at(source, "uri"), title=text_at(source, "title"))
        found.append((citation, source))
    return found


def _grounded(grounding: JsonObject) -> list[tuple[Citation, JsonObject | None]]:
    sources = [_source(chunk) for chunk in objects_at(grounding, "groundingChunks")]
    supports = objects_at(grounding, "groundingSupports")
    if not supports:
        return [(source, None) for source in sources]
    return [
        (sources[number], object_at(support, "segment") or {})
        for support in supports
        for number in list_at(support, "groundingChunkIndices")
        if isinstance(number, int) and 0 <= number < len(sources)
    ]


def _source(chunk: JsonObject) -> Citation:
    for key in ("web", "retrievedContext", "maps", "image"):
        if (source := object_at(chunk, key)) is not None:
            return Citation(
                url=text_at(source, "uri") or text_at(source, "sourceUri"),
                title=text_at(source, "title"),
                quote=text_at(source, "text") if key == "retrievedContext" else None,
            )
    return Citation()


def _first_text(parts: Sequence[str | None]) -> int | None:
    return next((number for number, text in enumerate(parts) if text is not None), None)


def _placed(citation: Citation, segment: JsonObject, parts: Sequence[str | None]) -> Cited:
    start, end = _span(segment)
    words = text_at(segment, "text")
    number = count_at(segment, "partIndex") or 0
    for owner, offset in _homes(number, start, parts):
        text = parts[owner] or ""
        span = None if end is None else _characters(text, start - offset, end - offset)
        if span is not None and (words is None or text[span[0] : span[1]] == words):
            return Cited(owner, replace(citation, start=span[0], end=span[1]))
    for owner, whole in enumerate(parts):
        if whole is not None and words and (at := whole.find(words)) >= 0:
            return Cited(owner, replace(citation, start=at, end=at + len(words)))
    return Cited(_first_text(parts) or 0, citation)


def _span(segment: JsonObject) -> tuple[int, int | None]:
    return count_at(segment, "startIndex") or 0, count_at(segment, "endIndex")


def _homes(number: int, start: int, parts: Sequence[str | None]) -> list[tuple[int, int]]:
    """Return the texts that a segment may lie in, and at which byte each would begin.

    Offsets count from the named part; in streams, from the whole text.
    """
    homes = [(number, 0)] if number < len(parts) and parts[number] is not None else []
    lengths = [len(_utf8(text or "")) for text in parts]
    begins = [0, *itertools.accumulate(lengths)]
    homes += [
        (owner, begins[owner])
        for owner, text in enumerate(parts)
        if text is not None and begins[owner] <= start < begins[owner + 1]
    ]
    return homes


def _characters(text: str, start: int, end: int) -> tuple[int, int] | None:
    data = _utf8(text)
    if not 0 <= start <= end <= len(data):
        return None
    return (
        len(data[:start].decode("utf-8", "ignore")),
        len(data[:end].decode("utf-8", "ignore")),
    )


def encode_grounding(texts: Sequence[tuple[int, str, Sequence[Citation]]]) -> JsonObject | None:
    """Return the groundingMetadata of texts, each with its part's index; `None` without sources.

    A citation without an address becomes a retrievedContext, one without offsets the source of
    its whole text.
    """
    chunks: list[JsonObject] = []
    supports: list[JsonObject] = []
    for part, text, citations in texts:
        for citation in citations:
            chunk = _chunk(citation)
            if chunk is None:
                continue
            if chunk not in chunks:
                chunks.append(chunk)
            segment = _segment(text, citation, part)
            supports.append({"segment": segment, "groundingChunkIndices": [chunks.index(chunk)]})
    if not chunks:
        return None
    return {"groundingChunks": [*chunks], "groundingSupports": [*supports]}


def _chunk(citation: Citation) -> JsonObject | None:
    if citation.url is not None:
        web: JsonObject = {"uri": citation.url}
        if citation.title is not None:
            web["title"] = citation.title
        return {"web": web}
    context: JsonObject = {}
    if citation.title is not None:
        context["title"] = citation.title
    if citation.quote is not None:
        context["text"] = citation.quote
    return {"retrievedContext": context} if context else None


def _segment(text: str, citation: Citation, part: int) -> JsonObject:
    start = min(citation.start or 0, len(text))
    end = len(text) if citation.end is None else max(start, min(citation.end, len(text)))
    segment: JsonObject = {
        "startIndex": len(_utf8(text[:start])),
        "endIndex": len(_utf8(text[:end])),
        "text": text[start:end],
    }
    return {"partIndex": part, **segment} if part else segment


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
