"""What a picture costs in tokens: by its size, which the first bytes of the file tell.

The sums are the vendors' own (dataplane.md §8.5); nothing is decoded but a header.
"""

from __future__ import annotations

import base64
import binascii
import math
import struct
from collections.abc import Callable
from typing import Final

type Size = tuple[int, int]  # width, height

_LOOKED_AT: Final = 4096  # characters of base64
_LOW: Final = 85  # OpenAI's `detail: low`, and what a small picture costs
_TILE: Final = 170
_UNKNOWN_OPENAI: Final = 1100
_MOST_CLAUDE: Final = 1600
_GEMINI: Final = 258


def picture_tokens(dialect: str, data: str | None = None, detail: str | None = None) -> int:
    """Return what a picture costs at a provider that is spoken to in `dialect`.

    `data` is its base64, if it is at hand; `detail` is OpenAI's.
    """
    if dialect == "gemini":
        return _GEMINI
    size = size_of(data) if data is not None else None
    if dialect == "messages":
        return _MOST_CLAUDE if size is None else _claude(size)
    if detail == "low":
        return _LOW
    return _UNKNOWN_OPENAI if size is None else _openai(size)


def size_of(data: str) -> Size | None:
    """Return the size of a PNG, GIF, WebP or JPEG in base64 or a data URL, `None` for others."""
    start = data.index(",") + 1 if data[:5] == "data:" and "," in data[:200] else 0
    text = data[start : start + _LOOKED_AT]
    text = text[: len(text) // 4 * 4]
    try:
        head = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    for magic, read in _READERS:
        if head.startswith(magic):
            try:
                size = read(head)
            except struct.error:
                return None
            return size if size is not None and min(size) > 0 else None
    return None


def _openai(size: Size) -> int:
    if max(size) <= 512:
        return _LOW
    # First it is made to fit a square of 2048, then its shorter side to be 768 at most.
    scale = min(1.0, 2048 / max(size))
    scale *= min(1.0, 768 / (min(size) * scale))
    return _LOW + _TILE * math.prod(math.ceil(side * scale / 512) for side in size)


def _claude(size: Size) -> int:
    return min(_MOST_CLAUDE, math.ceil(size[0] * size[1] / 750))


def _png(head: bytes) -> Size | None:
    width, height = struct.unpack_from(">II", head, 16)
    return width, height


def _gif(head: bytes) -> Size | None:
    width, height = struct.unpack_from("<HH", head, 6)
    return width, height


def _webp(head: bytes) -> Size | None:
    kind = head[12:16]
    if head[8:12] != b"WEBP":
        return None
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", head, 26)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", head, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X":
        low_w, high_w, low_h, high_h = struct.unpack_from("<HBHB", head, 24)
        return (low_w | high_w << 16) + 1, (low_h | high_h << 16) + 1
    return None


def _jpeg(head: bytes) -> Size | None:
    place = 2
    while place + 9 < len(head):
        if head[place] != 0xFF:
            return None
        marker = head[place + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # a frame's header
            height, width = struct.unpack_from(">HH", head, place + 5)
            return width, height
        (length,) = struct.unpack_from(">H", head, place + 2)
        place += 2 + length
    return None


_READERS: Final[tuple[tuple[bytes, Callable[[bytes], Size | None]], ...]] = (
    (b"\x89PNG\r\n\x1a\n", _png),
    (b"GIF8", _gif),
    (b"RIFF", _webp),
    (b"\xff\xd8", _jpeg),
)
