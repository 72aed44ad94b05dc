"""Serve a client of the intercepting door as mitmproxy does, but let no stream hold up memory.

mitmproxy waits until its sockets take more, but piles up without a bound what the window of an
HTTP/2 stream keeps back (`BufferedH2Connection.stream_buffers`). And it opens five connections to
one address, so that a client's sixth stream over the bridge waits until one of them is over.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Final, override

from mitmproxy import options
from mitmproxy.connection import Connection, Server
from mitmproxy.master import Master
from mitmproxy.proxy import commands, events, layer, mode_servers, mode_specs
from mitmproxy.proxy.layers.http import Http2Server, HttpLayer

MOST_KEPT_BACK: Final = 2**18  # bytes of a stream that may wait for its window
MOST_CONNECTIONS: Final = 100  # of one client to one address; as many streams as h2 announces


class ProxyHandler(mode_servers.ProxyConnectionHandler):
    """Serves one client, and the servers that it talks to."""

    def __init__(
        self,
        master: Master,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        opts: options.Options,
        mode: mode_specs.ProxyMode,
    ) -> None:
        super().__init__(master, reader, writer, opts, mode)
        self.max_conns = defaultdict(lambda: asyncio.Semaphore(MOST_CONNECTIONS))
        self._http: list[HttpLayer] = []  # one, and those within the tunnels of CONNECT
        self._moved = asyncio.Event()  # is set for a moment whenever anything has happened

    @override
    async def handle_hook(self, hook: commands.StartHook) -> None:
        await super().handle_hook(hook)
        if isinstance(hook, layer.NextLayerHook) and isinstance(hook.data.layer, HttpLayer):
            self._http.append(hook.data.layer)

    @override
    async def server_event(self, event: events.Event) -> None:
        await super().server_event(event)
        self._moved.set()
        self._moved.clear()

    @override
    async def drain_writers(self) -> None:
        await super().drain_writers()
        server = self._server_of_this_task()
        while server is not None and self._kept_back(server) > MOST_KEPT_BACK:
            await self._moved.wait()

    def _server_of_this_task(self) -> Connection | None:
        task = asyncio.current_task()
        for found, io in self.transports.items():
            # The streams of an HTTP/2 server share its connection: one must not stop the others.
            if io.handler is task and isinstance(found, Server) and found.alpn != b"h2":
                return found
        return None

    def _kept_back(self, server: Connection) -> int:
        return sum(
            len(piece.data)
            for http in self._http
            if isinstance(client := http.connections.get(self.client), Http2Server)
            for number, stream in http.streams.items()
            if stream.context.server is server
            for piece in client.h2_conn.stream_buffers.get(number, ())
        )
