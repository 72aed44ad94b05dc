"""Translate inlineData and fileData: pictures, sound, documents and video."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Final, Literal
from urllib.parse import urlsplit

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.gemini.keys import dict_at, is_own, mark, own, own_object
from plexus.transforms.ir import Media
from plexus.transforms.wire import Json, JsonObject, object_at, rest, text_at

type MediaKind = Literal["image", "audio", "document", "video"]

_INLINE: Final = frozenset({"mimeType", "data"})
_FILE: Final = frozenset({"mimeType", "fileUri"})
_PART: Final = frozenset({"inlineData", "fileData"})

_DETAILS: Final[Mapping[str, str]] = {
    "MEDIA_RESOLUTION_LOW": "low",
    "MEDIA_RESOLUTION_HIGH": "high",
    "MEDIA_RESOLUTION_ULTRA_HIGH": "high",
}
_STANDARD: Final = str.maketrans("-_", "+/")
_MAGIC: Final = (
    ("iVBORw0KGgo", "image/png"),
    ("/9j/", "image/jpeg"),
    ("R0lGOD", "image/gif"),
    ("UklGR", "image/webp"),
    ("JVBERi", "application/pdf"),
    ("SUQz", "audio/mpeg"),
    ("T2dnUw", "audio/ogg"),
    ("ZkxhQ", "audio/flac"),
    ("GkXfo", "video/webm"),
)
_DEFAULT_MIMES: Final[Mapping[str, str]] = {
    "image": "image/png",
    "audio": "audio/wav",
    "document": "application/pdf",
    "video": "video/mp4",
}
_SUFFIXES: Final[Mapping[str, str]] = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "heic": "image/heic",
    "pdf": "application/pdf",
    "txt": "text/plain",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
}
_VIDEO_HOSTS: Final = frozenset({"youtube.com", "www.youtube.com", "m.youtube.com", "youtu.be"})
# Uploads of Google's own file services: no other provider can open them.
_UPLOAD_MARKS: Final = ("gs://", "https://generativelanguage.googleapis.com/", "files/")


def decode_media(part: JsonObject) -> Media | None:
    """Read a part (camelCase) that holds inlineData or fileData; `None` if it holds neither."""
    if "inlineData" in part:
        return _inline(dict_at(part, "inlineData"), part)
    if "fileData" in part:
        return _file(dict_at(part, "fileData"), part)
    return None


def _inline(blob: JsonObject, part: JsonObject) -> Media:
    mime = text_at(blob, "mimeType")
    return Media(
        kind=_kind(mime, ""),
        mime=mime,
        data=_standard_base64(text_at(blob, "data") or ""),
        name=text_at(blob, "displayName"),
        detail=_detail(part),
        ext=_ext(part, "inlineData", rest(blob, _INLINE)),
    )


def _standard_base64(data: str) -> str:
    # proto3 JSON takes the alphabet of URLs too, and no padding; Google's own SDK writes that. The
    # other formats do not take it.
    if "-" in data or "_" in data:
        data = data.translate(_STANDARD)
    missing = -len(data) % 4
    return data if missing == 3 else data + "=" * missing  # 3: this is no base64


def _file(file: JsonObject, part: JsonObject) -> Media:
    uri = text_at(file, "fileUri") or ""
    mime = text_at(file, "mimeType")
    uploaded = uri.startswith(_UPLOAD_MARKS)
    return Media(
        kind=_kind(mime, uri),
        mime=mime,
        url=None if uploaded else uri,
        file_id=uri if uploaded else None,
        name=text_at(file, "displayName"),
        detail=_detail(part),
        ext=_ext(part, "fileData", rest(file, _FILE)),
    )


def _ext(part: JsonObject, key: str, inner: JsonObject) -> dict[str, JsonObject]:
    fields = rest(part, _PART)
    return mark({**fields, key: inner} if inner else fields)


def _detail(part: JsonObject) -> str | None:
    resolution = object_at(part, "mediaResolution") or {}
    return _DETAILS.get(text_at(resolution, "level") or "")


def _kind(mime: str | None, uri: str) -> MediaKind:
    family = (mime or _mime_of_url(uri) or "").partition("/")[0]
    match family:
        case "image" | "audio" | "video":
            return family
        case _:
            return "document"


def _mime_of_url(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        if parts.hostname in _VIDEO_HOSTS:
            return "video/mp4"
    except ValueError:
        return None
    name = parts.path.rpartition("/")[2]
    return _SUFFIXES.get(name.rpartition(".")[2].lower()) if "." in name else None


def encode_media(media: Media, path: str, receipt: Receipt, *, urls: bool = True) -> JsonObject:
    """Write a part; `urls`: the server fetches http(s) addresses by itself.

    What cannot be sent is noted, and a few words stand in for it.
    """
    extra = own(media.ext)
    if media.file_id is not None:
        return _upload(media, path, receipt)
    if media.url is not None:
        return _remote(media, path, receipt, urls=urls)
    blob: JsonObject = {**_blob(media), **own_object(media.ext, "inlineData")}
    if media.name is not None and "displayName" not in blob:
        receipt.dropped(f"{path}.name", "inline data bears no file name in Gemini's API")
    return {"inlineData": blob, **_modifiers(extra)}


def _blob(media: Media) -> JsonObject:
    if media.data is None:
        text = (media.text or "").encode("utf-8", "surrogatepass")
        return {"mimeType": media.mime or "text/plain", "data": base64.b64encode(text).decode()}
    return {"mimeType": media.mime or _sniffed(media.data, media.kind), "data": media.data}


def _sniffed(data: str, kind: MediaKind) -> str:
    if data.startswith("UklGR") and kind == "audio":
        return "audio/wav"
    found = next((mime for start, mime in _MAGIC if data.startswith(start)), None)
    return found or _DEFAULT_MIMES[kind]


def _remote(media: Media, path: str, receipt: Receipt, *, urls: bool) -> JsonObject:
    url = media.url or ""
    if not urls:
        receipt.coerced(path, "this provider fetches no addresses: the model sees the bare URL")
        return {"text": f"[{media.kind}: {url}]"}
    mime = media.mime
    if not is_own(media.ext):
        receipt.coerced(path, "sent as fileData.fileUri, which not every model fetches")
        mime = mime or _mime_of_url(url)
    file: JsonObject = {"fileUri": url, **own_object(media.ext, "fileData")}
    if mime is not None:
        file["mimeType"] = mime
    return {"fileData": file, **_modifiers(own(media.ext))}


def _upload(media: Media, path: str, receipt: Receipt) -> JsonObject:
    uri = media.file_id or ""
    if not uri.startswith(_UPLOAD_MARKS):
        receipt.dropped(path, "the file was uploaded to another provider; send its content")
        return {"text": f"[{media.kind} omitted: {media.name or uri}]"}
    file: JsonObject = {"fileUri": uri, **own_object(media.ext, "fileData")}
    if media.mime is not None:
        file["mimeType"] = media.mime
    return {"fileData": file, **_modifiers(own(media.ext))}


def _modifiers(extra: JsonObject) -> dict[str, Json]:
    return {key: value for key, value in extra.items() if key not in _PART}
