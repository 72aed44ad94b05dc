"""Dispatch: send the call along its plan and hold the reply."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from mitmproxy import connection, http

from plexus.addons.border import refuse, respond, stage
from plexus.addons.exchange import Buffered, Exchange, Plan, Reply
from plexus.addons.services import Services
from plexus.addons.upstream.failover import Ways, first_success
from plexus.transforms.errors import GatewayError, Kind


class Dispatch:
    """Asks targets until one answers. A client that leaves takes its call with it."""

    name = "plexus_dispatch"  # mitmproxy's own addons have plain names

    def __init__(self, services: Services) -> None:
        self.exchanges = services.exchanges
        self._services = services
        self._ways = Ways(
            upstream=services.upstream, dialects=services.dialects, health=services.health
        )
        self._asking: dict[str, set[asyncio.Task[Reply]]] = {}  # by client connection

    @stage
    def request(self, flow: http.HTTPFlow, exchange: Exchange) -> Awaitable[None] | None:
        """Set the reply: whole, or a stream that the door then pumps."""
        return None if exchange.plan is None else self._dispatch(flow, exchange, exchange.plan)

    async def _dispatch(self, flow: http.HTTPFlow, exchange: Exchange, plan: Plan) -> None:
        # A database that cannot keep up slows calls down rather than lose their rows.
        await self._services.store.writer.room()
        if exchange.door == "gateway":
            # The listener's handler is cancelled with its client, and this with it.
            exchange.reply = await first_success(exchange, plan, self._ways)
        else:
            await self._ask_for(flow, exchange, plan)
        if isinstance(exchange.reply, Buffered):
            respond(flow, exchange, exchange.reply)

    def client_disconnected(self, client: connection.Client) -> None:
        """Cancel what an intercepted client was waiting for."""
        for task in self._asking.pop(client.id, ()):
            task.cancel()

    async def _ask_for(self, flow: http.HTTPFlow, exchange: Exchange, plan: Plan) -> None:
        if flow.client_conn.timestamp_end is not None:  # it left while this call had to wait
            _give_up(flow, exchange)
            return
        task = asyncio.get_running_loop().create_task(first_success(exchange, plan, self._ways))
        asking = self._asking.setdefault(flow.client_conn.id, set())
        asking.add(task)
        try:
            await asyncio.wait([task])
        finally:
            task.cancel()
            asking.discard(task)
            if not asking:
                self._asking.pop(flow.client_conn.id, None)
        if task.cancelled():
            _give_up(flow, exchange)
            return
        exchange.reply = task.result()


def _give_up(flow: http.HTTPFlow, exchange: Exchange) -> None:
    exchange.cancelled = True
    refuse(flow, exchange, GatewayError(Kind.UNAVAILABLE, "the client disconnected"))
