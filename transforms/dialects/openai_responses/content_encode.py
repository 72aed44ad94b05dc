"""Write the content of messages and tool results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.openai_responses.citations import encode_citations
from plexus.transforms.dialects.openai_responses.content_decode import CONTENT_PART
from plexus.transforms.dialects.openai_responses.media import data_url, sniff
from plexus.transforms.dialects.openai_responses.origin import NAME, is_own, part_of
from plexus.transforms.ir import Media, Opaque, Refusal, Text
from plexus.transforms.wire import Json, JsonObject, object_at, text_at

_DETAILS: Final = frozenset({"auto", "low", "high", "original"})
_EXTENSIONS: Final[Mapping[str, str]] = {
    "text/plain": "txt",
    "text/markdown": "md",
    "text/html": "html",
    "text/csv": "csv",
    "application/json": "json",
}


def encode_input(part: Text | Media, receipt: Receipt, path: str) -> JsonObject | None:
    """Return a part of a user's message or a tool result; `None`, noted, if it can't be said."""
    if isinstance(part, Text):
        return {**part_of(part.ext), "type": "input_text", "text": part.text}
    match part.kind:
        case "image":
            return _image(part, receipt, path)
        case "document":
            return _file(part, receipt, path)
        case "audio" if is_own(part.ext):
            sound: JsonObject = {
                "data": part.data or "",
                "format": (part.mime or "audio/wav").removeprefix("audio/"),
            }
            return {**part_of(part.ext), "type": "input_audio", "input_audio": sound}
        case _:
            receipt.dropped(path, f"this format takes no {part.kind}")
            return None


def encode_output(part: Text | Refusal, receipt: Receipt, path: str) -> JsonObject:
    """Return a part of an assistant's message."""
    if isinstance(part, Refusal):
        return {**part_of(part.ext), "type": "refusal", "refusal": part.text}
    annotations: list[Json] = [*encode_citations(part.citations, part.text, receipt, path)]
    return {
        **part_of(part.ext),
        "type": "output_text",
        "text": part.text,
        "annotations": annotations,
    }


def unknown_part(part: Opaque) -> JsonObject | None:
    """Return the content part that `part` holds, if it holds one of ours and not an item."""
    raw = part.raw if part.dialect == NAME else None
    if isinstance(raw, dict) and text_at(raw, "type") == CONTENT_PART:
        return object_at(raw, "part")
    return None


def _image(part: Media, receipt: Receipt, path: str) -> JsonObject | None:
    source = _image_source(part)
    if source is None:
        receipt.dropped(path, "an image without a source")
        return None
    if part.detail not in (None, *_DETAILS):
        receipt.coerced(f"{path}.detail", f"{part.detail!r} is not a detail of this format")
    detail = part.detail if part.detail in _DETAILS else "auto"  # a required key
    return {**part_of(part.ext), "type": "input_image", "detail": detail, **source}


def _image_source(part: Media) -> JsonObject | None:
    if part.data is not None:
        mime = part.mime or sniff(part.data) or "image/png"
        return {"image_url": data_url(mime, part.data)}
    if part.url is not None:
        return {"image_url": part.url}
    return None if part.file_id is None else {"file_id": part.file_id}


def _file(part: Media, receipt: Receipt, path: str) -> JsonObject | None:
    if part.text is not None:
        receipt.coerced(path, "a text document stands as plain text")
        return {"type": "input_text", "text": part.text}
    source = _file_source(part)
    if source is None:
        receipt.dropped(path, "a document without a source")
        return None
    named: JsonObject = {} if part.name is None else {"filename": part.name}
    if part.data is not None and part.name is None and not is_own(part.ext):
        named["filename"] = "document." + _EXTENSIONS.get(part.mime or "", "pdf")
        receipt.invented(f"{path}.filename", "inline files need a name")
    if part.detail is not None:
        named["detail"] = part.detail
    return {**part_of(part.ext), "type": "input_file", **named, **source}


def _file_source(part: Media) -> JsonObject | None:
    if part.data is not None:
        mime = part.mime or (None if is_own(part.ext) else sniff(part.data) or "application/pdf")
        return {"file_data": part.data if mime is None else data_url(mime, part.data)}
    if part.url is not None:
        return {"file_url": part.url}
    return None if part.file_id is None else {"file_id": part.file_id}
