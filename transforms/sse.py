"""Server-sent events on bytes, at any split (WHATWG HTML §9.2).

Strategy: keep the bytes of the one unfinished frame; a frame ends at an empty line. Lines are
split on bytes and decoded by whoever reads the frame, so a split in a UTF-8 sequence cannot hurt.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import dump

MAX_FRAME: Final = 64 * 1024 * 1024  # bytes; inline images arrive as one frame

_LINE_END: Final = re.compile(rb"\r\n|\n|\r")
_FRAME_END: Final = re.compile(rb"\r\n\r\n|\n\n|\r\r|\n\r\n|\r\n\n|\n\r|\r\n\r")
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Frame:
    """One event: its name (empty if unnamed), its data lines joined by LF, its comment lines."""

    event: str
    data: bytes
    comments: tuple[bytes, ...] = ()


class SseDecoder:
    """Cuts a byte stream into frames."""

    __slots__ = ("_held", "_scanned", "_started")

    def __init__(self) -> None:
        self._held = b""
        self._scanned = 0  # how far _held is known to have no frame end
        self._started = False

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames that `data` completes. Raise `GatewayError` past `MAX_FRAME`."""
        if not self._started:
            data = self._skip_bom(data)
        self._held = self._held + data if self._held else data
        frames: list[Frame] = []
        start = 0
        search_from = self._scanned
        while end := _FRAME_END.search(self._held, search_from):
            if self._is_ambiguous(end):
                break
            _append(frames, self._held[start : end.start()])
            start = search_from = end.end()
        self._held = self._held[start:] if start else self._held
        # A frame end is at most four bytes long, so only its first three may be in sight already.
        self._scanned = max(0, len(self._held) - 3)
        if len(self._held) > MAX_FRAME:
            raise GatewayError(
                Kind.UPSTREAM_INVALID, f"a stream frame is larger than {MAX_FRAME} bytes"
            )
        return frames

    def close(self) -> list[Frame]:
        """Return the last frame, which needs no empty line after it."""
        frames: list[Frame] = []
        if self._held.strip(b"\r\n"):
            _append(frames, self._held)
        self._held = b""
        return frames

    @property
    def pending(self) -> bytes:
        """The bytes of the unfinished frame."""
        return self._held

    def _skip_bom(self, data: bytes) -> bytes:
        self._held += data
        if _BOM.startswith(self._held):
            if self._held == _BOM:
                self._started, self._held = True, b""
            return b""
        self._started = True
        whole, self._held = self._held.removeprefix(_BOM), b""
        return whole

    def _is_ambiguous(self, end: re.Match[bytes]) -> bool:
        # A CR at the very end may be the first half of a CRLF.
        return end.end() == len(self._held) and self._held.endswith(b"\r")


def _append(frames: list[Frame], block: bytes) -> None:
    if frame := parse_frame(block):
        frames.append(frame)


def parse_frame(block: bytes) -> Frame | None:
    """Read the lines of one frame; `None` if it holds neither data, name nor comment."""
    # Nearly every frame is one data line; that case is worth a shortcut.
    if block.startswith(b"data: ") and b"\n" not in block and b"\r" not in block:
        return Frame("", block[6:])
    event = ""
    data: list[bytes] = []
    comments: list[bytes] = []
    for line in _LINE_END.split(block):
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            data.append(value)
        elif name == b"event":
            event = value.decode("utf-8", "replace").strip()
        elif not name and line:
            comments.append(value)
    if not data and not comments and not event:
        return None
    return Frame(event, b"\n".join(data), tuple(comments))


def frame(data: object, event: str | None = None) -> bytes:
    """Print one event with a JSON payload."""
    if event is None:
        return b"data: " + dump(data) + b"\n\n"
    return b"event: " + event.encode() + b"\ndata: " + dump(data) + b"\n\n"
