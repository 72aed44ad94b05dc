"""The yardstick: the least that a proxy made of aiohttp's server and client can do.

It copies the request to the upstream and the reply back, piece by piece. No hooks, no routing, no
accounting; what a gateway costs beyond this is what it does beyond this.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Final

import aiohttp
import uvloop
from aiohttp import web

_SKIPPED: Final = frozenset(
    {"host", "connection", "keep-alive", "transfer-encoding", "content-length"}
)


class Proxy:
    """Forwards every request to one upstream."""

    def __init__(self, upstream: str, session: aiohttp.ClientSession) -> None:
        self._upstream = upstream
        self._session = session

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Send one request on and its reply back."""
        body = await request.read()
        headers = {k: v for k, v in request.headers.items() if k.lower() not in _SKIPPED}
        url = self._upstream + request.path_qs
        async with self._session.request(request.method, url, data=body, headers=headers) as reply:
            kept = {k: v for k, v in reply.headers.items() if k.lower() not in _SKIPPED}
            if reply.content_length is not None:
                return web.Response(status=reply.status, headers=kept, body=await reply.read())
            response = web.StreamResponse(status=reply.status, headers=kept)
            await response.prepare(request)
            async for piece in reply.content.iter_any():
                await response.write(piece)
            await response.write_eof()
            return response


async def _serve(port: int, upstream: str) -> None:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as session:
        runner = web.ServerRunner(web.Server(Proxy(upstream, session).handle, access_log=None))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        print(f"{os.getpid()} listens on {port}", flush=True)
        await stop.wait()
        await runner.cleanup()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1]), sys.argv[2]))
