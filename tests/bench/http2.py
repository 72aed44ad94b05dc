"""Just enough HTTP/2 to make one call after the other on a connection, from prebuilt bytes.

Header fields go as literals without indexing, so that they are the same bytes in every call; window
updates are never needed, because the peer gets the largest windows at once (RFC 9113 §6.9.2).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tests.bench.scenario import Scenario

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
END_STREAM: Final = 0x1
_END_HEADERS: Final = 0x4
_ACK: Final = 0x1
_MOST: Final = 2**31 - 1
_STATUS_200: Final = 0x88  # RFC 7541 appendix A, entry 8 of the static table, indexed
_LARGEST_BODY: Final = 16_384  # one frame, and below the window that every peer begins with


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame as it came."""

    kind: int
    flags: int
    stream: int
    payload: bytes

    @property
    def ends_stream(self) -> bool:
        """Whether the reply is complete with it."""
        return self.kind in (DATA, HEADERS) and bool(self.flags & END_STREAM)

    @property
    def is_ok(self) -> bool:
        """Whether it is the head of a reply with status 200."""
        return self.kind == HEADERS and self.payload[:1] == bytes([_STATUS_200])

    @property
    def is_refusal(self) -> bool:
        """Whether no reply will come any more."""
        return self.kind in (RST_STREAM, GOAWAY)


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """The bytes of a frame (RFC 9113 §4.1)."""
    return struct.pack("!I", len(payload))[1:] + struct.pack("!BBI", kind, flags, stream) + payload


def opening() -> bytes:
    """What a client says first: the preface, no pushes, and windows without an end."""
    settings = struct.pack("!HIHI", 2, 0, 4, _MOST)
    return PREFACE + frame(SETTINGS, 0, 0, settings) + window(0, _MOST - 65_535)


def window(stream: int, size: int) -> bytes:
    """Let the peer send so many bytes more on a stream; 0: on the connection (RFC 9113 §6.9)."""
    return frame(WINDOW_UPDATE, 0, stream, struct.pack("!I", size))


def answer(seen: Frame) -> bytes:
    """What a frame of the connection itself must be answered with."""
    if seen.flags & _ACK or seen.kind not in (SETTINGS, PING):
        return b""
    return frame(seen.kind, _ACK, 0, seen.payload if seen.kind == PING else b"")


class Requests:
    """A scenario's request for any stream."""

    def __init__(self, scenario: Scenario, host: str) -> None:
        if len(scenario.body) > _LARGEST_BODY:
            raise ValueError(f"{scenario.name}: the body is too long for one frame; use HTTP/1.1")
        pseudo = [
            (":method", "POST"),
            (":scheme", "https"),
            (":authority", host),
            (":path", scenario.path),
        ]
        self._head = headers([*pseudo, *scenario.headers()])
        self._body = scenario.body

    def on(self, stream: int) -> bytes:
        """The request's two frames."""
        head = frame(HEADERS, _END_HEADERS, stream, self._head)
        return head + frame(DATA, END_STREAM, stream, self._body)


def headers(fields: Sequence[tuple[str, str]]) -> bytes:
    """Fields as HPACK literals without indexing (RFC 7541 §6.2.2)."""
    return b"".join(b"\x00" + _text(name) + _text(value) for name, value in fields)


def _text(value: str) -> bytes:
    data = value.encode()
    if len(data) < 127:
        return bytes([len(data)]) + data
    rest, size = len(data) - 127, bytearray([127])
    while rest >= 128:
        size.append(rest % 128 + 128)
        rest //= 128
    return bytes([*size, rest]) + data


def take(received: bytearray) -> Iterator[Frame]:
    """Take the complete frames off the front."""
    while len(received) >= 9:
        size = int.from_bytes(received[:3])
        if len(received) < 9 + size:
            return
        _, kind, flags, stream = struct.unpack_from("!IBBI", b"\0" + received[:9])
        payload = bytes(received[9 : 9 + size])
        del received[: 9 + size]
        yield Frame(kind, flags, stream & _MOST, payload)
