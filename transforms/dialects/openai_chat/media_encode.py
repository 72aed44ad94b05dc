"""Write images, sound, documents and video as chat content parts, or as words where it has none."""

from __future__ import annotations

import base64
import binascii
from typing import Final, assert_never

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.ir import Media
from plexus.transforms.wire import JsonObject, object_at

from .fields import NAME, is_own, marker, overlay, rest
from .media import AUDIO_MIMES, sniffed_mime

# dataplane.md §5.8.8: longer images (in characters of base64) would choke the client's terminal.
_LONGEST_MARKDOWN: Final = 8 * 1024 * 1024
_AUDIO_FORMATS: Final = {
    **{mime: name for name, mime in AUDIO_MIMES.items()},
    "audio/x-wav": "wav",
    "audio/wave": "wav",
    "audio/mp3": "mp3",
}
_OFFICIAL_AUDIO: Final = frozenset({"wav", "mp3"})


def encode_media(media: Media, traits: Traits, receipt: Receipt, path: str) -> JsonObject:
    """Write a content part for a provider; what it cannot take becomes a text that says so."""
    match media.kind:
        case "image":
            part = _image(media, traits)
        case "audio":
            part = _audio(media)
        case "document":
            part = _document(media, traits, receipt, path)
        case "video":
            part = _video(media, traits)
        case _:
            assert_never(media.kind)
    if part is None:
        receipt.dropped(path, f"this {media.kind} cannot be sent to a chat provider")
        return {"type": "text", "text": words(media)}
    if part.get("type") == "text":
        receipt.coerced(path, f"{media.kind} as text")
    return overlay(part, rest(media.ext))


def words(media: Media) -> str:
    """Return what stands for media that cannot be sent."""
    what = media.name or media.url or media.file_id or media.mime or "no name"
    return f"[{media.kind} omitted: {what}]"


def markdown(media: Media) -> str:
    """Return an answer's image as Markdown (dataplane.md §5.8.8)."""
    if media.url is not None:
        return f"![image]({media.url})"
    data = media.data or ""
    if len(data) > _LONGEST_MARKDOWN:
        return f"[image omitted: {len(data) * 3 // 4} bytes]"
    mime = sniffed_mime(data) or media.mime or "image/png"
    return f"![image](data:{mime};base64,{data})"


def image_part(media: Media) -> JsonObject:
    """Return `{"type": "image_url", …}`."""
    inner: JsonObject = {"url": media.url or _data_url(media, "image/png")}
    if media.detail is not None:
        inner["detail"] = media.detail
    return {"type": "image_url", "image_url": _inner(media, inner)}


def _inner(media: Media, known: JsonObject) -> JsonObject:
    return overlay(known, object_at(media.ext.get(NAME, {}), "inner") or {})


def _data_url(media: Media, default: str) -> str:
    header = marker(media.ext, "header")
    if header == "":
        return media.data or ""  # was sent without any
    if not isinstance(header, str):
        header = f"data:{media.mime or default};base64"
    return f"{header},{media.data or ''}"


def _image(media: Media, traits: Traits) -> JsonObject | None:
    if media.data is None and (media.url is None or not traits.image_urls):
        return None
    return image_part(media)


def _video(media: Media, traits: Traits) -> JsonObject | None:
    if traits.official or (media.data is None and media.url is None):
        return None
    url = media.url or _data_url(media, "video/mp4")
    return {"type": "video_url", "video_url": _inner(media, {"url": url})}


def _audio(media: Media) -> JsonObject | None:
    if media.data is None:
        return None
    if is_own(media.ext):
        return {"type": "input_audio", "input_audio": _inner(media, {"data": media.data})}
    format_ = _AUDIO_FORMATS.get((media.mime or "").partition(";")[0].lower())
    if format_ not in _OFFICIAL_AUDIO:
        return None
    return {"type": "input_audio", "input_audio": {"data": media.data, "format": format_}}


def _document(media: Media, traits: Traits, receipt: Receipt, path: str) -> JsonObject | None:
    if media.file_id is not None:
        known_there = is_own(media.ext) or (traits.official and "responses" in media.ext)
        return _file(media, {"file_id": media.file_id}) if known_there else None
    if media.url is not None:
        return _document_at(media, media.url)
    text = _text_of(media)
    if text is not None:
        return {"type": "text", "text": f"{media.name}\n\n{text}" if media.name else text}
    if media.data is None:
        return None
    if media.name is None and not is_own(media.ext):
        receipt.invented(f"{path}.filename", "document.pdf")
        return _file(media, {"file_data": _data_url(media, "application/pdf")}, "document.pdf")
    return _file(media, {"file_data": _data_url(media, "application/pdf")})


def _document_at(media: Media, url: str) -> JsonObject | None:
    if marker(media.ext, "type") == "document_url":
        inner = _inner(media, {"url": url})
        return {"type": "document_url", "document_url": url if inner == {"url": url} else inner}
    if is_own(media.ext):
        return _file(media, {"file_data": url})
    return {"type": "text", "text": f"[document: {media.name or 'unnamed'} at {url}]"}


def _file(media: Media, known: JsonObject, default_name: str | None = None) -> JsonObject:
    name = media.name or default_name
    return {
        "type": "file",
        "file": _inner(media, known if name is None else {"filename": name, **known}),
    }


def _text_of(media: Media) -> str | None:
    if media.text is not None:
        return media.text
    if media.data is None or is_own(media.ext) or not (media.mime or "").startswith("text/"):
        return None
    try:
        return base64.b64decode(media.data).decode()
    except (binascii.Error, ValueError):
        return None
