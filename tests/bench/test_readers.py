"""Slow readers leave what comes in the socket, or keep their window closed."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import override

import pytest

from tests.bench import http2
from tests.bench.catalogue import as_order, silent, torrents
from tests.bench.provider import Connection
from tests.bench.readers import Crowd, Read, Reader, WindowReader, begin

PASSED, _, _, BY_HTTP2 = torrents()


class Wire(asyncio.Transport):
    """Keeps what is done to it."""

    def __init__(self) -> None:
        self._socket = socket.socket()
        super().__init__({"socket": self._socket})
        self.written: list[bytes] = []
        self.is_paused = False

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    @override
    def pause_reading(self) -> None:
        self.is_paused = True

    @override
    def abort(self) -> None:
        self._socket.close()


@asynccontextmanager
async def providing() -> AsyncIterator[int]:
    """The bench's own provider at a port, in this loop."""
    loop = asyncio.get_running_loop()
    async with await loop.create_server(lambda: Connection(loop), "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


def crowd(order: str, port: int, *, is_answered: bool = True) -> Crowd:
    return Crowd(order=order, port=port, bytes_per_s=0.0, is_answered=is_answered)


async def test_a_reader_stops_after_its_first_bytes() -> None:
    read, wire = Read(), Wire()
    reader = Reader(crowd(as_order(PASSED), 1), read)
    reader.connection_made(wire)
    reader.data_received(b"12345")
    assert (read.bytes, wire.is_paused, reader.begun.is_set()) == (5, True, True)
    assert wire.written == [PASSED.request("127.0.0.1:1")]
    reader.end()


async def test_by_http2_frames_are_taken_but_the_window_stays_closed() -> None:
    read, wire = Read(), Wire()
    reader = WindowReader(crowd(as_order(BY_HTTP2), 1), read)
    reader.connection_made(wire)
    settings = http2.frame(http2.SETTINGS, 0, 0, b"")
    reader.data_received(settings + http2.frame(http2.DATA, 0, 1, b"12345"))
    assert (read.bytes, wire.is_paused) == (5, False)
    assert wire.written[1:] == [http2.frame(http2.SETTINGS, 1, 0, b"")]
    reader.end()


@pytest.mark.parametrize("order", [as_order(PASSED), as_order(silent())])
async def test_a_crowd_has_begun_when_all_have_asked(order: str) -> None:
    read = Read()
    async with providing() as port:
        asking = crowd(order, port, is_answered=not order.startswith("silent"))
        readers = await begin(asking, read)
        assert len(readers) == asking.scenario.connections
        for reader in readers:
            reader.end()
    assert (read.lost, read.examples) == (0, [])


async def test_a_lost_connection_is_told() -> None:
    read, wire = Read(), Wire()
    reader = Reader(crowd(as_order(PASSED), 1), read)
    reader.connection_made(wire)
    reader.connection_lost(None)
    assert (read.lost, read.examples) == (1, ["a reader lost its connection: None"])
    wire.abort()
