"""Write replies to a connection: each whole one, and each piece of a stream, at one go."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterable
from email.utils import formatdate
from http import HTTPStatus
from typing import Final

from aiohttp.http import SERVER_SOFTWARE

from plexus.addons.incoming import Field, Incoming

_STATUS: Final = {status.value: f"{status.value} {status.phrase}".encode() for status in HTTPStatus}
_SERVER: Final = f"Server: {SERVER_SOFTWARE}\r\n".encode()
_CONTENT_TYPE: Final = b"Content-Type: application/octet-stream\r\n"
_LAST_CHUNK: Final = b"0\r\n\r\n"


class Stamp:
    """The `Date` header, put into words once a second."""

    def __init__(self) -> None:
        self._second = 0
        self._line = b""

    def line(self) -> bytes:
        """Return the line for now."""
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._line = f"Date: {formatdate(second, usegmt=True)}\r\n".encode()
        return self._line


class ReplyWriter:
    """The way to the client; serves one request after the other."""

    def __init__(self, transport: asyncio.Transport, stamp: Stamp) -> None:
        self.transport = transport
        self.is_last = False  # nothing is served on this connection after this reply
        self.keeps = False  # whether the reply leaves the connection open
        self.is_begun = False
        self.is_ended = False
        self.is_paused = False
        self.lent_to: asyncio.Protocol | None = None  # who writes by itself, for the moment
        self._stamp = stamp
        self._incoming: Incoming | None = None
        self._is_lost = False
        self._is_http_1_0 = False
        self._is_chunked = False
        self._is_mute = False
        self._head = b""  # of a stream; goes with the first piece
        self._room = asyncio.Event()

    def open(self, incoming: Incoming) -> None:
        """Get ready for the reply to this request."""
        self._incoming = incoming
        self.keeps = incoming.keeps_alive
        self._is_http_1_0 = incoming.is_http_1_0
        self.is_begun = self.is_ended = False

    def whole(self, status: int, lines: bytes, body: bytes) -> None:
        """Write a whole reply; `lines` are its headers but for those that frame it."""
        length = b"Content-Length: %d\r\n" % len(body)
        if _is_bodyless(status):
            length = body = b""
        head = self._head_of(status, lines, length, has_content=body != b"")
        self.is_begun = self.is_ended = True
        self._send(head + body)

    def begin(self, status: int, lines: bytes) -> None:
        """Begin a reply whose pieces follow; `lines` are its headers but for those of framing."""
        self._is_mute = _is_bodyless(status)
        self._is_chunked = not (self._is_http_1_0 or self._is_mute)
        framing = b"Transfer-Encoding: chunked\r\n" if self._is_chunked else b""
        if self._is_http_1_0 and not self._is_mute:
            self.keeps = False  # the end of the connection ends the reply
        self._head = self._head_of(status, lines, framing, has_content=not self._is_mute)
        self.is_begun = True
        asyncio.get_running_loop().call_soon(self._flush)  # if there is no piece by then

    async def write(self, data: bytes) -> None:
        """Write a piece; wait if the client does not keep up. Raise `ConnectionError`."""
        if not data or self._is_mute:  # an empty chunk would be the last
            return
        if self._is_chunked:
            data = b"%b%x\r\n%b\r\n" % (self._head, len(data), data)
        elif self._head:
            data = self._head + data
        self._head = b""
        self._send(data)
        if self.is_paused:
            await self.drained()

    def end(self) -> None:
        """End the reply that was begun. Raise `ConnectionError`."""
        self.is_ended = True
        rest, self._head = self._head, b""
        if self._is_chunked:
            rest += _LAST_CHUNK
        if rest:
            self._send(rest)

    async def drained(self) -> None:
        """Return once the client has taken enough. Raise `ConnectionError` if it has left."""
        await self._room.wait()
        if self._is_lost:
            raise ConnectionResetError("the client has left")

    def invite(self) -> None:
        """Ask for a body that the client holds back (RFC 9110 §10.1.1)."""
        self._send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def pause(self) -> None:
        """The client does not keep up."""
        self.is_paused = True
        self._room.clear()
        if self.lent_to is not None:
            self.lent_to.pause_writing()

    def resume(self) -> None:
        """The client has taken enough."""
        self.is_paused = False
        self._room.set()
        if self.lent_to is not None:
            self.lent_to.resume_writing()

    def lost(self) -> None:
        """The connection is gone."""
        self._is_lost = True
        self._incoming = None  # whose connection can ask us to invite it: a circle
        self._room.set()

    def _flush(self) -> None:
        if self._head and not self._is_lost:
            head, self._head = self._head, b""
            self.transport.write(head)

    def _send(self, data: bytes) -> None:
        if self._is_lost or self.transport.is_closing():
            raise ConnectionResetError("the client has left")
        self.transport.write(data)

    def _head_of(self, status: int, lines: bytes, framing: bytes, *, has_content: bool) -> bytes:
        version = b"HTTP/1.0 " if self._is_http_1_0 else b"HTTP/1.1 "
        known = _STATUS.get(status) or b"%d " % status
        parts = [version, known, b"\r\n", lines, framing]
        named = (b"\n" + lines.lower()).find  # three times as fast as `in`
        if has_content and named(b"\ncontent-type:") < 0:
            parts.append(_CONTENT_TYPE)
        if named(b"\ndate:") < 0:
            parts.append(self._stamp.line())
        if named(b"\nserver:") < 0:
            parts.append(_SERVER)
        if not self._stays_open():
            self.keeps = False
            parts.append(b"" if self._is_http_1_0 else b"Connection: close\r\n")
        elif self._is_http_1_0:
            parts.append(b"Connection: keep-alive\r\n")
        parts.append(b"\r\n")
        return b"".join(parts)

    def _stays_open(self) -> bool:
        # A body that was not asked for may come all the same, or the next request in its place.
        incoming = self._incoming
        is_clear = incoming is None or incoming.is_complete or not incoming.is_held_back
        return self.keeps and is_clear and not self.is_last


def header_lines(fields: Iterable[Field], without: Collection[bytes]) -> bytes:
    """Return headers as they are written, but for those `without`, named in lower case.

    Raise `ValueError` if one of them would end its line: somebody could write a reply of his own.
    """
    lines = [b"%b: %b\r\n" % field for field in fields if field[0].lower() not in without]
    block = b"".join(lines)
    if block.count(b"\n") != len(lines) or block.count(b"\r") != len(lines) or block.count(b"\0"):
        raise ValueError("a reply's header holds a line break or a NUL")
    return block


def _is_bodyless(status: int) -> bool:
    return status < 200 or status in (204, 304)  # RFC 9112 §6.3
