"""Read the content of a chat message: a string or an array of parts."""

from __future__ import annotations

from typing import Final

from plexus.transforms.ir import NO_EXT, Opaque, Part, Refusal, Text, Thinking
from plexus.transforms.wire import Json, JsonObject, list_at, text_at

from .fields import NAME, keep, take_cache
from .media import decode_media

_THOUGHTS: Final = {"thinking": "thinking", "reasoning": "summary"}  # Mistral, Databricks


def decode_content(content: Json) -> tuple[Part, ...]:
    """Read a message's content; empty content yields no parts."""
    if isinstance(content, str):
        return (Text(text=content, ext=NO_EXT),) if content else ()
    if isinstance(content, list):
        return tuple([decode_part(item) for item in content])
    return ()


def decode_part(raw: Json) -> Part:
    """Read one part; what is not understood becomes `Opaque`."""
    if isinstance(raw, str):
        return Text(text=raw)
    if not isinstance(raw, dict):
        return Opaque(dialect=NAME, raw=raw)
    type_ = raw.get("type")
    if type_ == "text" and (text := text_at(raw, "text")) is not None:
        return _text(text, raw)
    if type_ == "refusal" and (refusal := text_at(raw, "refusal")) is not None:
        return Refusal(text=refusal)
    if type_ in ("thinking", "reasoning"):
        return Thinking(text=thought_text(raw), ext={NAME: {"part": raw}})
    return decode_media(raw) or Opaque(dialect=NAME, raw=raw)


def thought_text(raw: JsonObject) -> str:
    """Return the words of a thinking part in an array of content."""
    key = _THOUGHTS.get(str(raw.get("type")), "")
    if (whole := text_at(raw, key)) is not None:
        return whole
    pieces = [
        text
        for item in list_at(raw, key)
        if isinstance(item, dict) and (text := text_at(item, "text")) is not None
    ]
    return "".join(pieces)


def _text(text: str, raw: JsonObject) -> Text:
    if len(raw) == 2:
        return Text(text=text, ext=NO_EXT)
    left = {key: value for key, value in raw.items() if key not in ("type", "text")}
    cache = take_cache(left)
    return Text(text=text, cache=cache, ext=keep(left) if left else {})
