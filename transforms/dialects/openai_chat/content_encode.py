"""Write the content of a chat message: a string if it can be one, else an array of parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.ir import (
    CacheMark,
    Media,
    Message,
    Opaque,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from plexus.transforms.wire import Json, JsonObject

from .fields import NAME, cache_control, marker, overlay, own, rest
from .media_encode import encode_media
from .reasoning import note_seal

type Numbered = Sequence[tuple[str, Part]]  # parts with their paths


def numbered(path: str, parts: Sequence[Part]) -> Numbered:
    """Return `parts`, each with its path below that of its message."""
    return [(f"{path}.parts[{at}]", part) for at, part in enumerate(parts)]


def parts_of(message: Message) -> Sequence[Part]:
    """Return a message's parts, but for the cache mark that the last repeats of the message's."""
    last = message.parts[-1] if message.parts else None
    if "cache_control" not in own(message.ext) or not isinstance(last, Text | Media | ToolCall):
        return message.parts
    return (*message.parts[:-1], replace(last, cache=None))


def words_alone(message: Message) -> str | None:
    """Return the words of a message that is nothing else, as most are."""
    if message.name is not None or message.ext.get(NAME):
        return None
    return plain_text(message.parts)


def plain_text(parts: Sequence[Part]) -> str | None:
    """Return the one plain text that these parts are; nearly every message is no more than that."""
    only = parts[0] if len(parts) == 1 else None
    if not isinstance(only, Text) or only.citations or only.cache is not None:
        return None
    return None if only.ext and rest(only.ext) else only.text


def encode_content(parts: Numbered, traits: Traits, receipt: Receipt) -> Json:
    """Write content; one plain text is a string, which every server takes."""
    encoded: list[Json] = []
    for path, part in parts:
        body = encode_part(part, path, traits, receipt)
        if body is None:
            continue
        if isinstance(body, dict) and isinstance(part, Text | Media):
            body = with_mark(body, part.cache, path, traits, receipt)
        encoded.append(body)
    return _as_string(encoded)


def _as_string(parts: list[Json]) -> Json:
    if not parts:
        return ""
    only = parts[0]
    if len(parts) == 1 and isinstance(only, dict) and only.keys() == {"type", "text"}:
        return only["text"]
    return parts


def encode_part(part: Part, path: str, traits: Traits, receipt: Receipt) -> Json:
    """Write one part of an array of content; `None` if it cannot be said there."""
    match part:
        case Text():
            return overlay({"type": "text", "text": part.text}, rest(part.ext))
        case Media():
            return encode_media(part, traits, receipt, path)
        case Opaque():
            if part.dialect == NAME:
                return part.raw
            receipt.dropped(path, f"a block that only {part.dialect} understands")
            return None
        case Refusal():
            return {"type": "text", "text": part.text}
        case Thinking() if (raw := marker(part.ext, "part")) is not None:
            return raw
        case Thinking() if traits.reasoning_field == "content" and part.text:
            note_seal(path, part, receipt)
            words: JsonObject = {"type": "text", "text": part.text}
            return {"type": "thinking", "thinking": [words]}
        case Thinking() | ToolCall() | ToolResult():
            receipt.dropped(path, "out of place in this message")
            return None
        case _:
            assert_never(part)


def with_mark(
    body: JsonObject, mark: CacheMark | None, path: str, traits: Traits, receipt: Receipt
) -> JsonObject:
    """Return `body` with a cache mark, where the provider takes one."""
    if mark is None or "prompt_cache_breakpoint" in body:  # which says the same
        return body
    if traits.cache_marks:
        return {**body, "cache_control": cache_control(mark)}
    receipt.dropped(f"{path}.cache")
    return body
