"""A start is over with the first right answer."""

from __future__ import annotations

import asyncio

import pytest

from tests.bench.processes import free_port
from tests.bench.starting import answers


@pytest.mark.parametrize(("reply", "right"), [(b"HTTP/1.1 200 OK", True), (b"HTTP/1.1 503", False)])
async def test_only_a_right_answer_counts(reply: bytes, right: bool) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(reply)
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert await asyncio.to_thread(answers, port) == right


def test_a_closed_port_is_no_answer() -> None:
    assert not answers(free_port())
