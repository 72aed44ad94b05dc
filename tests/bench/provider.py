"""A provider that costs next to nothing: prebuilt bytes for whoever posts, on a raw protocol.

It understands just enough HTTP to find where a request ends, and streams if the request asks for
it: one event per write, one write per turn of the loop or, if asked slowly, per `PACE`.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from typing import Final, cast, override

import uvloop

from tests.bench.scenario import PACE, SLOW_MARK, STREAM_MARKS, small_reply, stream_frames

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED: Final = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_LOOKED_AT: Final = 4_000  # larger requests are never streamed; searching them would cost

_JSON = small_reply()
_UNARY = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(_JSON)
) + _JSON
_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
_FRAMES = [_HEAD, *stream_frames()]


class Connection(asyncio.Protocol):
    """Answers the requests of one connection, one after the other."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop does not subclass

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None

    @override
    def data_received(self, data: bytes) -> None:
        self._received += data
        size = request_size(self._received)
        if size is None or len(self._received) < size:
            return
        request, self._received = self._received[:_LOOKED_AT], self._received[size:]
        if size <= _LOOKED_AT and any(request.find(mark) >= 0 for mark in STREAM_MARKS):
            self._send(0, PACE if request.find(SLOW_MARK) >= 0 else 0)
        elif self._transport is not None:
            self._transport.write(_UNARY)

    def _send(self, number: int, pace: float) -> None:
        if self._transport is None or number == len(_FRAMES):
            return
        self._transport.write(_FRAMES[number])
        if pace:
            self._loop.call_later(pace, self._send, number + 1, pace)
        else:
            self._loop.call_soon(self._send, number + 1, pace)


def request_size(received: bytes | bytearray) -> int | None:
    """How long the first request is, head and body; `None` while that cannot be told."""
    head = received.find(b"\r\n\r\n")
    if head < 0:
        return None
    if (length := _LENGTH.search(received, 0, head)) is not None:
        return head + 4 + int(length[1])
    if _CHUNKED.search(received, 0, head + 2) is None:
        return head + 4
    end = received.find(b"0\r\n\r\n", head + 4)
    return end + 5 if end >= 0 else None


async def _serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(loop), "127.0.0.1", port, backlog=1024)
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    async with server:
        print(f"{os.getpid()} listens on {server.sockets[0].getsockname()[1]}", flush=True)
        await stop.wait()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
