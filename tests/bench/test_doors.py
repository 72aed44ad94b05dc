"""The intercepting door is knocked at as web proxies are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.bench.doors import connect
from tests.fakes.tls import Authority


@asynccontextmanager
async def proxy(reply: bytes) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A proxy that says one thing to whoever asks, and what it was asked."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(reply)
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1], asked


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (b"HTTP/1.1 403 No\r\n\r\n", "the proxy refused"),
        (b"", "the proxy closed the connection"),
    ],
)
async def test_a_proxy_that_refuses_is_an_error(reply: bytes, why: str, tmp_path: Path) -> None:
    roots = Authority().write_root(tmp_path / "ca.pem")
    async with proxy(reply) as (port, asked):
        with pytest.raises(OSError, match=why):
            await connect(asyncio.Protocol, "proxy-h1", port, vendor="api.test", ca=roots)
    assert asked[0].startswith(b"CONNECT api.test:443 HTTP/1.1\r\n")


async def test_without_a_ca_there_is_nothing_to_trust() -> None:
    with pytest.raises(ValueError, match="needs the CA"):
        await connect(asyncio.Protocol, "proxy-h2", 1)
