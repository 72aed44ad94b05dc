"""The bare provider finds the end of a request, and does not write without room."""

from __future__ import annotations

import asyncio
from typing import override

import pytest

from tests.bench.provider import Connection, request_size
from tests.bench.replies import frames
from tests.fakes.native import chat


@pytest.mark.parametrize(
    ("received", "size"),
    [
        (b"POST / HTTP/1.1\r\nHost: x\r\n", None),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27),
        (b"POST / HTTP/1.1\r\ncontent-length: 5\r\n\r\nhe", 43),
        (b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhelloPOST /", 43),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", None),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 62),
    ],
)
def test_a_request_ends_where_its_head_says(received: bytes, size: int | None) -> None:
    assert request_size(received) == size


class Full(asyncio.Transport):
    """A client that has no room after so many writes."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.written = 0
        self.room = room
        self.protocol: Connection | None = None

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += 1
        if self.written == self.room and self.protocol is not None:
            self.protocol.pause_writing()


async def test_a_stream_waits_while_its_client_has_no_room() -> None:
    wire = Full(room=3)
    wire.protocol = Connection(asyncio.get_running_loop())
    wire.protocol.connection_made(wire)
    wire.protocol.data_received(
        b'POST /v1/chat/completions HTTP/1.1\r\n\r\n{"stream":true} in 7 pieces'
    )
    for _ in range(50):
        await asyncio.sleep(0)
    assert wire.written == wire.room
    wire.protocol.resume_writing()
    for _ in range(50):
        await asyncio.sleep(0)
    assert wire.written == len(frames(chat, 7))
