"""Read the words of a delta's frame: what differs where frames repeat each other."""

from __future__ import annotations

from typing import Final

from plexus.transforms.codec import as_json_object
from plexus.transforms.sse import parse_frame
from plexus.transforms.wire import object_at, text_at, try_parse

_SAID: Final = ("text", "thinking", "partial_json")


def unpadded(block: bytes) -> bytes:
    """Return a frame without the blanks that hide, before its last brace, its words' length."""
    if not block.endswith(b" }\n\n"):
        return block
    return block[:-3].rstrip(b" ") + b"}\n\n"


def words_of(block: bytes) -> str | None:
    """Return the one string that a delta says."""
    frame = parse_frame(block)
    event = as_json_object(try_parse(frame.data)) if frame is not None else {}
    delta = object_at(event, "delta") or {}
    said = [text for key in _SAID if (text := text_at(delta, key)) is not None]
    return said[0] if len(said) == 1 else None
