"""Images and documents: their sources in and out."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.dialects.anthropic.cache import decode_mark, leftovers, marked
from plexus.transforms.dialects.anthropic.identity import as_ext, own
from plexus.transforms.ir import Media
from plexus.transforms.wire import JsonObject, object_at, objects_at, rest, text_at

IMAGE_TYPES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})

_KNOWN: Final = frozenset({"type", "source", "title", "cache_control"})
_SOURCE_KNOWN: Final = frozenset({"type", "media_type", "data", "url"})
_TEXTUAL: Final = ("json", "xml", "yaml", "toml", "javascript", "x-sh", "csv", "sql", "x-tex")
_MAGIC: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
)
_STANDARD_BASE64: Final = str.maketrans({"-": "+", "_": "/", **dict.fromkeys(" \r\n\t")})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """What a source object says; `keep` is what must be written back as it was."""

    mime: str | None = None
    data: str | None = None
    url: str | None = None
    file_id: str | None = None
    text: str | None = None
    keep: JsonObject


def decode_media(raw: JsonObject) -> Media | None:
    """Read an image or document block; `None` if its source is of a kind we do not know."""
    source = object_at(raw, "source") or {}
    read = _SOURCES.get(text_at(source, "type") or "")
    found = read(source) if read else None
    if found is None:
        return None
    extra = leftovers(raw, _KNOWN)
    if found.keep:
        extra["source"] = found.keep
    return Media(
        kind="image" if raw.get("type") == "image" else "document",
        mime=found.mime,
        data=found.data,
        url=found.url,
        file_id=found.file_id,
        text=found.text,
        name=text_at(raw, "title"),
        cache=decode_mark(raw),
        ext=as_ext(extra),
    )


def _base64_source(source: JsonObject) -> _Source | None:
    data = text_at(source, "data")
    if not data:
        return None
    mime = text_at(source, "media_type")
    return _Source(mime=mime, data=data, keep=rest(source, _SOURCE_KNOWN))


def _url_source(source: JsonObject) -> _Source | None:
    url = text_at(source, "url")
    return _Source(url=url, keep=rest(source, _SOURCE_KNOWN)) if url else None


def _file_source(source: JsonObject) -> _Source | None:
    # Kept whole: it marks the upload as Anthropic's, where alone it can be read.
    file_id = text_at(source, "file_id")
    return _Source(file_id=file_id, keep=source) if file_id else None


def _text_source(source: JsonObject) -> _Source | None:
    text = text_at(source, "data")
    mime = text_at(source, "media_type") or "text/plain"
    keep = rest(source, _SOURCE_KNOWN)
    return None if text is None else _Source(mime=mime, text=text, keep=keep)


def _content_source(source: JsonObject) -> _Source | None:
    # Blocks are kept as they are for Anthropic, whose citations count them.
    blocks = objects_at(source, "content")
    texts = [text_at(block, "text") for block in blocks]
    whole = text_at(source, "content")
    if whole is None and blocks and None not in texts:
        whole = "\n".join(text for text in texts if text is not None)
    return None if whole is None else _Source(mime="text/plain", text=whole, keep=source)


_SOURCES: Final[Mapping[str, Callable[[JsonObject], _Source | None]]] = {
    "base64": _base64_source,
    "url": _url_source,
    "file": _file_source,
    "text": _text_source,
    "content": _content_source,
}


def encode_media(media: Media, path: str, traits: Traits, receipt: Receipt) -> JsonObject | None:
    """Write an image or document block for a request; `None`, noted, if Anthropic takes no such."""
    extra = dict(own(media.ext))
    kept = extra.pop("source", None)
    source = kept if isinstance(kept, dict) else {}
    if "type" not in source:
        if media.kind in ("audio", "video"):
            receipt.dropped(path, f"Anthropic takes no {media.kind}")
            return None
        media = _unfolded(media)
        written = _source(media, path, traits, receipt)
        if written is None:
            return None
        source = {**written, **source}
    block: JsonObject = {"type": _block_type(media, source), "source": source}
    if media.name is not None and block["type"] == "document":
        block["title"] = media.name
    return {**marked(block, media.cache), **extra}


def _block_type(media: Media, source: JsonObject) -> str:
    mime = text_at(source, "media_type") or media.mime or ""
    if mime.startswith("image/"):
        return "image"
    return "document" if mime in ("application/pdf", "text/plain") else media.kind


def _source(media: Media, path: str, traits: Traits, receipt: Receipt) -> JsonObject | None:
    if media.url is not None:
        return _remote(media.url, path, traits, receipt)
    if media.text is not None:
        return {"type": "text", "media_type": "text/plain", "data": media.text}
    if media.data is None:
        receipt.dropped(path, "a file that was uploaded to another provider")
        return None
    return _inline(media, media.data, path, receipt)


def _remote(url: str, path: str, traits: Traits, receipt: Receipt) -> JsonObject | None:
    if traits.image_urls and url.startswith(("http://", "https://")):
        return {"type": "url", "url": url}
    receipt.dropped(path, "an address that the provider cannot fetch from")
    return None


def _inline(media: Media, data: str, path: str, receipt: Receipt) -> JsonObject | None:
    clean = clean_base64(data)
    declared = (media.mime or "").partition(";")[0].strip().lower()
    found = sniffed_type(clean)
    if found is not None and found != declared:
        receipt.coerced(path, f"declared {declared or 'as nothing'}, is {found}")
    mime = declared if found is None else found
    if mime == "image/jpg":
        mime = "image/jpeg"
    if mime in IMAGE_TYPES or mime == "application/pdf":
        return {"type": "base64", "media_type": mime, "data": clean}
    text = _as_text(clean) if media.kind == "document" and _is_textual(mime) else None
    if text is None:
        receipt.dropped(path, f"Anthropic takes no {mime or 'data of unknown type'}")
        return None
    return {"type": "text", "media_type": "text/plain", "data": text}


def _unfolded(media: Media) -> Media:
    """Turn a data URL into the data it holds."""
    if media.url is None or not media.url.startswith("data:"):
        return media
    head, _, data = media.url.removeprefix("data:").partition(",")
    return replace(media, url=None, data=data, mime=head.partition(";")[0] or media.mime)


def clean_base64(data: str) -> str:
    """Return standard, padded base64 of whatever variant `data` is."""
    if data.startswith("data:"):
        data = data.partition(",")[2]
    if any(mark in data for mark in "-_ \r\n\t"):
        data = data.translate(_STANDARD_BASE64)
    return data + "=" * (-len(data) % 4)


def sniffed_type(data: str) -> str | None:
    """Return the media type that the first bytes of base64 tell, if they tell one we know."""
    try:
        head = base64.b64decode(data[:24])
    except (binascii.Error, ValueError):
        return None
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    return next((mime for magic, mime in _MAGIC if head.startswith(magic)), None)


def _is_textual(mime: str) -> bool:
    return not mime or mime.startswith("text/") or mime.endswith(_TEXTUAL)


def _as_text(data: str) -> str | None:
    try:
        return base64.b64decode(data).decode()
    except (binascii.Error, ValueError):
        return None
