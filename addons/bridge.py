"""The loopback bridge: how a streamed reply reaches an intercepted client.

mitmproxy sends an addon-made response whole, so the stream is parked under a one-time ticket and
the flow is pointed at this site, from which mitmproxy fetches and forwards it piece by piece.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from aiohttp import web

from plexus.addons.border import reply_headers
from plexus.addons.exchange import Exchange, Streamed
from plexus.addons.upstream.relay import pump

_CLOSING_S = 0.5  # how long a stream may go on once we close: its grace is over by then


@dataclass(frozen=True, slots=True)
class _Parked:
    exchange: Exchange
    reply: Streamed


class Bridge:
    """An HTTP site on 127.0.0.1 with an ephemeral port; a ticket is random and works once."""

    def __init__(self) -> None:
        self._parked: dict[str, _Parked] = {}
        self._runner: web.ServerRunner | None = None
        self.port = 0

    async def open(self) -> None:
        """Listen; must run in the loop that will serve."""
        server = web.Server(self._handle, handler_cancellation=True, access_log=None)
        self._runner = web.ServerRunner(server, shutdown_timeout=_CLOSING_S)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = int(self._runner.addresses[0][1])

    def lend(self, exchange: Exchange, reply: Streamed) -> str:
        """Park a reply; return the ticket, which is the path to fetch it from."""
        ticket = secrets.token_urlsafe(24)
        self._parked[ticket] = _Parked(exchange, reply)
        return ticket

    def revoke(self, ticket: str) -> None:
        """Drop a parked reply that nobody will fetch."""
        parked = self._parked.pop(ticket, None)
        if parked is not None:
            parked.reply.close()

    async def close(self) -> None:
        """Drop everything."""
        for ticket in list(self._parked):
            self.revoke(ticket)
        if self._runner is not None:
            await self._runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        parked = self._parked.pop(request.path.removeprefix("/"), None)
        if parked is None:
            return web.Response(status=404, text="no such ticket")
        exchange, reply = parked.exchange, parked.reply
        response = web.StreamResponse(
            status=reply.status, headers=reply_headers(exchange, reply.headers)
        )
        try:
            await response.prepare(request)
        except BaseException:
            reply.close()
            raise
        await pump(exchange, reply, response.write)
        await response.write_eof()
        return response
