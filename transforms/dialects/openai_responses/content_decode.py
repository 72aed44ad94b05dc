"""Read the content of messages and tool results: texts, refusals, images, files."""

from __future__ import annotations

from typing import Final

from plexus.transforms.dialects.openai_responses.citations import decode_annotation
from plexus.transforms.dialects.openai_responses.media import split_data_url
from plexus.transforms.dialects.openai_responses.origin import NAME, keep_part
from plexus.transforms.ir import CacheMark, Media, Opaque, Refusal, Text
from plexus.transforms.wire import Json, JsonObject, object_at, objects_at, rest, text_at

type Piece = Text | Media | Refusal | Opaque

CONTENT_PART: Final = "content_part"  # wraps an unknown part, so that it isn't taken for an item

_TEXTS: Final = frozenset({"input_text", "output_text", "text", "summary_text"})
_TEXT_KEYS: Final = frozenset({"type", "text", "annotations"})
_REFUSAL_KEYS: Final = frozenset({"type", "refusal"})
_AUDIO_KEYS: Final = frozenset({"type", "input_audio"})


def decode_content(content: Json, item: JsonObject | None = None) -> tuple[Piece, ...]:
    """Return the parts of a message; `item`, if given, marks the first as the item's beginning."""
    raw = [content] if isinstance(content, str) and content else content
    pieces = []
    for part in raw if isinstance(raw, list) else []:
        if (piece := decode_piece(part, item)) is not None:
            pieces.append(piece)
            item = None if isinstance(piece, Text | Refusal) else item
    return tuple(pieces)


def decode_piece(part: Json, item: JsonObject | None = None) -> Piece | None:
    """Return one part; `None` for what is neither an object nor a string."""
    if isinstance(part, str):
        return Text(text=part, ext=_ext({}, item))
    if not isinstance(part, dict):
        return None
    kind = text_at(part, "type")
    if kind in _TEXTS and isinstance(part.get("text"), str):
        return _text(part, item)
    if kind == "refusal" and isinstance(part.get("refusal"), str):
        ext = _ext(rest(part, _REFUSAL_KEYS), item)
        return Refusal(text=text_at(part, "refusal") or "", ext=ext)
    media = _media(part, kind)
    return media or Opaque(dialect=NAME, raw={"type": CONTENT_PART, "part": part})


def _ext(part: JsonObject, item: JsonObject | None) -> dict[str, JsonObject]:
    return {} if item is None and not part else dict(keep_part(part, item))


def _text(part: JsonObject, item: JsonObject | None) -> Text:
    if len(part) == 2:  # type and text are all there is, as nearly always
        return Text(text=text_at(part, "text") or "", ext=_ext({}, item))
    return Text(
        text=text_at(part, "text") or "",
        citations=tuple(decode_annotation(raw) for raw in objects_at(part, "annotations")),
        cache=_cache_mark(part),
        ext=_ext(rest(part, _TEXT_KEYS), item),
    )


def _cache_mark(part: JsonObject) -> CacheMark | None:
    mark = object_at(part, "prompt_cache_breakpoint")
    return None if mark is None else CacheMark(ttl=text_at(mark, "ttl"))


def _media(part: JsonObject, kind: str | None) -> Media | None:
    match kind:
        case "input_image":
            return _image(part)
        case "input_file":
            return _file(part)
        case "input_audio":
            return _audio(part)
        case _:
            return None


def _image(part: JsonObject) -> Media | None:
    known = {"type", "detail"}
    detail = text_at(part, "detail")
    if url := text_at(part, "image_url"):
        ext = keep_part(rest(part, frozenset(known | {"image_url"})))
        inline = split_data_url(url)
        if inline is None:
            return Media(kind="image", url=url, detail=detail, cache=_cache_mark(part), ext=ext)
        mime, data = inline
        return Media(
            kind="image", mime=mime, data=data, detail=detail, cache=_cache_mark(part), ext=ext
        )
    if file_id := text_at(part, "file_id"):
        ext = keep_part(rest(part, frozenset(known | {"file_id"})))
        return Media(kind="image", file_id=file_id, detail=detail, cache=_cache_mark(part), ext=ext)
    return None


def _file(part: JsonObject) -> Media | None:
    source = next((key for key in ("file_data", "file_url", "file_id") if text_at(part, key)), None)
    if source is None:
        return None
    value = text_at(part, source) or ""
    mime, data = split_data_url(value) or (None, value)
    return Media(
        kind="document",
        mime=mime if source == "file_data" else None,
        data=data if source == "file_data" else None,
        url=value if source == "file_url" else None,
        file_id=value if source == "file_id" else None,
        name=text_at(part, "filename"),
        detail=text_at(part, "detail"),
        cache=_cache_mark(part),
        ext=keep_part(rest(part, frozenset({"type", source, "filename", "detail"}))),
    )


def _audio(part: JsonObject) -> Media | None:
    audio = object_at(part, "input_audio") or {}
    data = text_at(audio, "data")
    if data is None:
        return None
    return Media(
        kind="audio",
        mime=f"audio/{text_at(audio, 'format') or 'wav'}",
        data=data,
        ext=keep_part(rest(part, _AUDIO_KEYS)),
    )
