"""Streams are broken off where they should be, and what goes wrong is told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from tests.bench.provider import Connection
from tests.soak.aborts import AFTER, break_off, opening
from tests.soak.kinds import Kind

CALL = Kind("chat", "chat", stream=True).endless


async def test_streams_are_broken_off_in_every_manner() -> None:
    loop = asyncio.get_running_loop()
    count = 2 * len(AFTER)
    async with await loop.create_server(lambda: Connection(loop), "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        ended = await break_off([CALL], count=count, port=port, ca=Path("none"), seconds=30)
    assert (ended.count, ended.errors, ended.examples) == (count, 0, [])


async def test_words_that_come_together_count_each() -> None:
    quick = replace(CALL, body=CALL.body.replace(b" us apart", b" us"))  # all at once
    loop = asyncio.get_running_loop()
    async with await loop.create_server(lambda: Connection(loop), "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        ended = await break_off([quick], count=12, port=port, ca=Path("none"), seconds=30)
    assert (ended.count, ended.errors, ended.examples) == (12, 0, [])


async def test_a_gateway_that_refuses_is_an_error() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 503 Busy\r\n\r\n")
        await reader.read()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        ended = await break_off([CALL], count=6, port=port, ca=Path("none"), seconds=30)
    assert ended.count == 6
    assert ended.errors >= 4  # those that leave before the first byte may not know
    assert ended.examples[0] == f"{CALL.name}: HTTP/1.1 503 Busy\r\n\r\n"


async def test_no_more_is_begun_when_the_time_is_up() -> None:
    ended = await break_off([CALL], count=100, port=1, ca=Path("none"), seconds=-1)
    assert ended.count == 0


def test_over_http2_the_preface_comes_first() -> None:
    assert opening(Kind("chat", "chat", True, "proxy-h2").endless, "h").startswith(b"PRI * HTTP/2")
    assert opening(CALL, "h") == CALL.request("h")
