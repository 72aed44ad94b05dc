"""Cut Gemini's streams into chunks: server-sent events, or one JSON array that grows.

Which of the two it is, the first byte tells. Of the array, only braces and strings matter: its
elements are objects, and what stands between them says nothing. At most one chunk is held.
"""

from __future__ import annotations

import re
from typing import Final

from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.sse import MAX_FRAME, SseDecoder, parse_frame

_BOM: Final = b"\xef\xbb\xbf"
_OUTSIDE: Final = re.compile(rb'[{}"]')
_INSIDE: Final = re.compile(rb'["\\]')  # what matters within a string


class ArraySplitter:
    """Finds the whole objects in a JSON array, or a lone object, given in pieces."""

    __slots__ = ("_at", "_depth", "_held", "_in_string", "_limit", "_start")

    def __init__(self, limit: int = MAX_FRAME) -> None:
        self._limit = limit  # bytes of one object
        self._held = bytearray()
        self._at = 0  # up to here _held is understood
        self._start = -1  # where the unfinished object begins
        self._depth = 0
        self._in_string = False

    def feed(self, data: bytes) -> list[bytes]:
        """Return the objects that `data` completes. Raise `GatewayError` past the limit."""
        self._held += data
        found: list[bytes] = []
        while (end := self._next()) >= 0:
            found.append(bytes(self._held[self._start : end]))
            self._start = -1
        self._forget()
        return found

    @property
    def pending(self) -> bool:
        """Whether an object has begun and not ended."""
        return self._depth > 0

    def _next(self) -> int:
        """Read on to the end of an object and return its offset; -1 if the bytes end first."""
        while self._at < len(self._held):
            if self._in_string:
                self._skip_string()
                continue
            mark = _OUTSIDE.search(self._held, self._at)
            if mark is None:
                self._at = len(self._held)
                break
            self._at = mark.end()
            if self._step(self._held[mark.start()], mark.start()):
                return self._at
        return -1

    def _step(self, byte: int, at: int) -> bool:
        if byte == 0x22:
            self._in_string = True
        elif byte == 0x7B:
            if self._depth == 0:
                self._start = at
            self._depth += 1
        elif self._depth > 0:
            self._depth -= 1
            return self._depth == 0
        return False

    def _skip_string(self) -> None:
        mark = _INSIDE.search(self._held, self._at)
        if mark is None:
            self._at = len(self._held)
        elif self._held[mark.start()] == 0x22:
            self._at = mark.end()
            self._in_string = False
        else:
            self._at = mark.end() + 1  # a backslash and what it escapes, which may be yet to come

    def _forget(self) -> None:
        done = self._start if self._start >= 0 else min(self._at, len(self._held))
        del self._held[:done]
        self._at -= done
        self._start = 0 if self._start >= 0 else -1
        if len(self._held) > self._limit:
            raise GatewayError(
                Kind.UPSTREAM_INVALID, f"a stream chunk is larger than {self._limit} bytes"
            )


class Chunks:
    """Cuts a stream of either framing into the JSON of its chunks."""

    __slots__ = ("_array", "_begin", "_sse")

    def __init__(self) -> None:
        self._begin: bytes | None = b""  # what came before the framing is known
        self._sse = SseDecoder()
        self._array: ArraySplitter | None = None

    def cut(self, data: bytes) -> list[bytes]:
        """Return the frames that `data` completes. Raise `GatewayError` for one too large."""
        if self._begin is not None:
            data = self._begin + data
            start = data.removeprefix(_BOM).lstrip()
            if not start or _BOM.startswith(start):
                self._begin = start
                return []
            self._begin = None
            if start[0] in b"[{":
                self._array = ArraySplitter()
        if self._array is not None:
            return self._array.feed(data)
        return self._sse.cut(data)

    def chunk(self, frame: bytes) -> bytes:
        """Return the JSON of a frame; empty if it holds none."""
        if self._array is not None:
            return frame
        event = parse_frame(frame)
        return b"" if event is None else event.data

    def close(self) -> list[bytes]:
        """Return the last chunk of an SSE stream, which needs no empty line after it."""
        return [frame.data for frame in self._sse.close() if frame.data]

    @property
    def pending(self) -> bool:
        """Whether the array's last chunk is unfinished."""
        return self._array is not None and self._array.pending
