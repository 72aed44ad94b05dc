"""Read images, sound, documents and video from chat content parts."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Final, Literal
from urllib.parse import unquote_to_bytes

from plexus.transforms.ir import Media
from plexus.transforms.wire import Json, JsonObject

from .fields import keep, take_cache, take_object, take_text

AUDIO_MIMES: Final[Mapping[str, str]] = {
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
    "opus": "audio/opus",
    "aac": "audio/aac",
    "ogg": "audio/ogg",
    "m4a": "audio/mp4",
    "pcm16": "audio/pcm",
}
# The first characters of an image's base64 tell its format; declared types lie.
_MAGIC: Final[Mapping[str, str]] = {
    "iVBORw0KGgo": "image/png",
    "/9j/": "image/jpeg",
    "R0lGOD": "image/gif",
    "UklGR": "image/webp",
}

type _Kind = Literal["image", "audio", "document", "video"]


def decode_media(part: JsonObject) -> Media | None:
    """Read a content part that holds media; `None` if its type is another or it holds nothing."""
    reader = _READERS.get(str(part.get("type")))
    return reader(dict(part)) if reader else None


def sniffed_mime(data: str) -> str | None:
    """Return the type of a base64 image by its first bytes, if it is a common one."""
    return next((mime for magic, mime in _MAGIC.items() if data.startswith(magic)), None)


def split_data_url(url: str) -> tuple[str, str | None, str] | None:
    """Return header, type and base64 of a `data:` URL; `None` for any other URL."""
    if url[:5].lower() != "data:":
        return None
    header, _, payload = url.partition(",")
    mime = header[5:].partition(";")[0].strip() or None
    if not header.lower().endswith(";base64"):
        payload = base64.b64encode(unquote_to_bytes(payload)).decode()
        header = f"{header};base64"
    return header, mime, payload


def _image(left: JsonObject) -> Media | None:
    inner = _nested(left, "image_url", "url")
    url = take_text(inner, "url")
    if url is None:
        return None
    return _at("image", url, left, inner, detail=take_text(inner, "detail"))


def _video(left: JsonObject) -> Media | None:
    inner = _nested(left, "video_url", "url")
    url = take_text(inner, "url")
    return None if url is None else _at("video", url, left, inner)


def _document_url(left: JsonObject) -> Media | None:
    inner = _nested(left, "document_url", "url")
    url = take_text(inner, "url")
    return None if url is None else _at("document", url, left, inner)


def _audio(left: JsonObject) -> Media | None:
    inner = dict(take_object(left, "input_audio") or {})
    data = take_text(inner, "data")
    if data is None:
        return None
    mime = AUDIO_MIMES.get(str(inner.get("format")))
    return _media("audio", left, inner, mime=mime, data=data)


def _file(left: JsonObject) -> Media | None:
    inner = dict(take_object(left, "file") or {})
    name = take_text(inner, "filename")
    if file_id := take_text(inner, "file_id"):
        return _media("document", left, inner, file_id=file_id, name=name)
    data = take_text(inner, "file_data")
    if data is None:
        return None
    if data.startswith(("http://", "https://")):  # OpenRouter
        return _media("document", left, inner, url=data, name=name)
    if data[:5].lower() == "data:":
        return _at("document", data, left, inner, name=name)
    return _media("document", left, inner, data=data, name=name, header="")


_READERS: Final[Mapping[str, Callable[[JsonObject], Media | None]]] = {
    "image_url": _image,
    "input_audio": _audio,
    "file": _file,
    "video_url": _video,
    "document_url": _document_url,  # Mistral
}


def _nested(left: JsonObject, key: str, field: str) -> JsonObject:
    # Mistral also takes the bare URL where others want {"url": …}.
    value = left.pop(key, None)
    return dict(value) if isinstance(value, dict) else {field: value}


def _at(
    kind: _Kind,
    url: str,
    left: JsonObject,
    inner: JsonObject,
    *,
    detail: str | None = None,
    name: str | None = None,
) -> Media:
    split = split_data_url(url)
    if split is None:
        return _media(kind, left, inner, url=url, detail=detail, name=name)
    header, mime, data = split
    usual = header == f"data:{mime};base64"
    return _media(
        kind,
        left,
        inner,
        mime=mime,
        data=data,
        detail=detail,
        name=name,
        header=None if usual else header,
    )


def _media(  # noqa: PLR0913 - the fields of Media
    kind: _Kind,
    left: JsonObject,
    inner: JsonObject,
    *,
    mime: str | None = None,
    data: str | None = None,
    url: str | None = None,
    file_id: str | None = None,
    name: str | None = None,
    detail: str | None = None,
    header: str | None = None,
) -> Media:
    type_: Json = left.pop("type", None)
    cache = take_cache(left)
    return Media(
        kind=kind,
        mime=mime,
        data=data,
        url=url,
        file_id=file_id,
        name=name,
        detail=detail,
        cache=cache,
        ext=keep(left, inner=inner, type=type_, header=header),
    )
