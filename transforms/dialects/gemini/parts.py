"""Read one part of a content: the pieces that requests and answers share."""

from __future__ import annotations

from typing import Final

from plexus.transforms.dialects.gemini.calls import seal_of
from plexus.transforms.dialects.gemini.keys import NAME, mark
from plexus.transforms.dialects.gemini.media import decode_media
from plexus.transforms.ir import Ext, Media, Opaque, Text, Thinking
from plexus.transforms.wire import JsonObject, rest, text_at

_NOTHING_LEFT: Final[Ext] = {NAME: {}}
_THOUGHT: Final = frozenset({"text", "thought", "thoughtSignature"})
_TEXT: Final = frozenset({"text", "thought"})
# Everything else that is the payload of a part: executableCode, codeExecutionResult, toolCall, …
_MODIFIERS: Final = frozenset(
    {"thought", "thoughtSignature", "videoMetadata", "mediaResolution", "partMetadata"}
)


def decode_part(part: JsonObject) -> Text | Media | Thinking | Opaque:
    """Read a part (camelCase) that is neither functionCall nor functionResponse.

    An empty text that only carries a signature becomes an empty `Thinking` with that seal, so that
    every dialect can carry it (wire-formats.md §4.3: the usual last chunk).
    """
    if len(part) == 1 and isinstance(words := part.get("text"), str):
        return Text(text=words, ext=_NOTHING_LEFT)  # nearly every part
    media = decode_media(part)
    if media is not None:
        return media
    if "text" not in part and not part.keys() <= _MODIFIERS:
        return Opaque(dialect=NAME, raw=part)
    text = text_at(part, "text") or ""
    if part.get("thought") is True:
        return Thinking(text=text, seal=seal_of(part), ext=mark(rest(part, _THOUGHT)))
    seal = seal_of(part)
    if seal is not None and not text:
        return Thinking(seal=seal, ext=mark({**rest(part, _THOUGHT), "thought": False}))
    return Text(text=text, ext=mark(rest(part, _TEXT)))


def is_bare(part: JsonObject) -> bool:
    """Whether a part says nothing: no payload but an empty text, and no signature."""
    return not part.get("text") and part.keys() <= {"text", "thought"}


def thought_part(text: str, signature: str | None, fields: JsonObject) -> JsonObject:
    """Write a thought; `fields` may say `thought: false`: a signature without a thought."""
    part: JsonObject = {"text": text, "thought": True, **fields}
    if part["thought"] is not True:
        del part["thought"]
    return part if signature is None else {**part, "thoughtSignature": signature}
