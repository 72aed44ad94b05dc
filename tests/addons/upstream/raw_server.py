"""A server that says byte for byte what a test wants, however wrong that is."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

PATIENCE = 10  # seconds until a test that waits in vain is told so


@dataclass(slots=True, eq=False)
class Peer:
    """One connection, as the server has it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    requests: list[tuple[str, bytes]] = field(default_factory=list)  # head, body
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def request(self) -> str:
        """Read a whole request and return its head."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        size = next(
            int(line.partition(":")[2])
            for line in head.splitlines()
            if line.lower().startswith("content-length:")
        )
        self.requests.append((head, await self.reader.readexactly(size)))
        return head

    async def say(self, data: bytes) -> None:
        """Send this as it is."""
        self.writer.write(data)
        await self.writer.drain()

    def reset(self) -> None:
        """Close with TCP RST."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def left(self) -> None:
        """Wait until the client has closed its side."""
        with contextlib.suppress(ConnectionError):
            while await self.reader.read(2**16):
                pass
        self.gone.set()


type Serve = Callable[[Peer], Awaitable[None]]


@dataclass(slots=True)
class RawServer:
    """Where it listens, and who has come."""

    url: str
    peers: list[Peer] = field(default_factory=list)


@asynccontextmanager
async def raw_server(
    serve: Serve, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[RawServer]:
    """Run `serve` for each connection, and close that when it returns."""
    running = RawServer("")
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        peer = Peer(reader, writer)
        running.peers.append(peer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await serve(peer)
        writer.close()

    server = await asyncio.start_server(handle, host, 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    running.url = f"{'https' if tls else 'http'}://{shown}:{port}"
    try:
        yield running
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for peer in running.peers:
            peer.writer.transport.abort()
        await server.wait_closed()


def always(reply: bytes) -> Serve:
    """Give this answer to every request."""

    async def serve(peer: Peer) -> None:
        while True:
            await peer.request()
            await peer.say(reply)

    return serve


def once(reply: bytes) -> Serve:
    """Give this answer to the first request, then close."""

    async def serve(peer: Peer) -> None:
        await peer.request()
        await peer.say(reply)

    return serve


def whole(body: bytes, *headers: str) -> bytes:
    """Return a reply with its length."""
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body
