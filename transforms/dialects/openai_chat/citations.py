"""Read and write `annotations`: sources of stretches of an answer's text."""

from __future__ import annotations

from plexus.transforms.ir import Citation
from plexus.transforms.wire import Json, JsonObject, list_at

from .fields import is_own, keep, overlay, rest, take_int, take_object, take_text


def take_citations(left: JsonObject) -> tuple[Citation, ...]:
    """Take the `url_citation`s out of `annotations`; annotations of other types stay."""
    cited: list[Citation] = []
    others: list[Json] = []
    for raw in list_at(left, "annotations"):
        citation = decode_citation(raw)
        if citation is None:
            others.append(raw)
        else:
            cited.append(citation)
    if cited:
        left.pop("annotations")
    if cited and others:
        left["annotations"] = others
    return tuple(cited)


def decode_citation(raw: Json) -> Citation | None:
    """Read one annotation; `None` if it is no `url_citation`."""
    if not isinstance(raw, dict) or raw.get("type") != "url_citation":
        return None
    left = dict(raw)
    inner = dict(take_object(left, "url_citation") or {})
    del left["type"]
    url = take_text(inner, "url")
    if url is None:
        return None
    return Citation(
        url=url,
        title=take_text(inner, "title"),
        start=take_int(inner, "start_index"),
        end=take_int(inner, "end_index"),
        quote=take_text(inner, "content"),  # OpenRouter
        ext=keep(inner),
    )


def encode_citation(citation: Citation, base: int, end: int) -> JsonObject:
    """Write one citation of a block that stands from `base` to `end` in the whole text.

    Offsets count characters (wire-formats.md §7.8); without any, the citation is about its block.
    """
    inner: JsonObject = {
        "url": citation.url,
        "title": citation.title or "",
        "start_index": base if citation.start is None else base + citation.start,
        "end_index": end if citation.end is None else base + citation.end,
    }
    if is_own(citation.ext):
        if citation.quote is not None:
            inner["content"] = citation.quote
        inner = overlay(inner, rest(citation.ext))
    return {"type": "url_citation", "url_citation": inner}
