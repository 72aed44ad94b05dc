"""Count: answer those who ask how large a prompt is. Agents do so before nearly every call."""

from __future__ import annotations

from mitmproxy import http

from plexus.addons.border import async_stage, respond
from plexus.addons.exchange import Exchange
from plexus.addons.services import Services
from plexus.addons.upstream.count import count_tokens
from plexus.transforms.codec import Operation


class Count:
    """Answers requests to count as they would be answered by the target that a call would get."""

    name = "plexus_count"  # mitmproxy's own addons have plain names

    def __init__(self, services: Services) -> None:
        self.exchanges = services.exchanges
        self._services = services

    @async_stage
    async def request(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        """Set the reply."""
        if exchange.plan is None or exchange.match.operation is not Operation.COUNT_TOKENS:
            return
        await self._services.store.writer.room()
        exchange.reply = await count_tokens(
            exchange, exchange.plan.targets[0], self._services.upstream, self._services.dialects
        )
        respond(flow, exchange, exchange.reply)
