"""A provider that costs next to nothing: prebuilt bytes for whoever posts, on a raw protocol.

It understands just enough HTTP to find where a request ends, and streams if the request asks for
it: one event per write, one write per turn of the loop or as far apart as the request asks for. It
stops where its client does not read.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, cast, override

import uvloop

from tests.bench.replies import frames, unary, wish

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED: Final = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_LOOKED_AT: Final = 4_000  # larger requests are never streamed; searching them would cost


class Connection(asyncio.Protocol):
    """Answers the requests of one connection, one after the other."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None
        self._is_full = False
        self._later: Callable[[], None] | None = None  # goes on when there is room again

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop does not subclass

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = self._later = None

    @override
    def pause_writing(self) -> None:
        self._is_full = True

    @override
    def resume_writing(self) -> None:
        self._is_full = False
        later, self._later = self._later, None
        if later is not None:
            later()

    @override
    def data_received(self, data: bytes) -> None:
        self._received += data
        size = request_size(self._received)
        if size is None or len(self._received) < size:
            return
        request, self._received = self._received[:_LOOKED_AT], self._received[size:]
        if size > _LOOKED_AT:
            request = request[: request.find(b"\r\n") + 2]
        wanted = wish(request)
        if wanted.pieces is not None:
            self._send(frames(wanted.format, wanted.pieces, wanted.size), 0, wanted.pace)
        elif self._transport is not None:
            self._transport.write(unary(wanted.format))

    def _send(self, parts: Sequence[bytes], number: int, pace: float) -> None:
        if self._transport is None or number == len(parts):
            return
        self._transport.write(parts[number])
        if self._is_full:
            self._later = partial(self._send, parts, number + 1, pace)
        elif pace:
            self._loop.call_later(pace, self._send, parts, number + 1, pace)
        else:
            self._loop.call_soon(self._send, parts, number + 1, pace)


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
