"""Count: answer those who ask how large a prompt is. Agents do so before nearly every call."""

from __future__ import annotations

from collections.abc import Awaitable

from mitmproxy import http

from plexus.addons.border import respond, stage
from plexus.addons.exchange import Exchange, Target
from plexus.addons.services import Services
from plexus.addons.upstream.count import count_tokens
from plexus.transforms.codec import Operation


class Count:
    """Answers requests to count as they would be answered by the target that a call would get."""

    name = "plexus_count"  # mitmproxy's own addons have plain names

    def __init__(self, services: Services) -> None:
        self.exchanges = services.exchanges
        self._services = services

    @stage
    def request(self, flow: http.HTTPFlow, exchange: Exchange) -> Awaitable[None] | None:
        """Set the reply."""
        if exchange.plan is None or exchange.match.operation is not Operation.COUNT_TOKENS:
            return None
        return self._count(flow, exchange, exchange.plan.targets[0])

    async def _count(self, flow: http.HTTPFlow, exchange: Exchange, target: Target) -> None:
        await self._services.store.writer.room()
        exchange.reply = await count_tokens(
            exchange, target, self._services.upstream, self._services.dialects
        )
        respond(flow, exchange, exchange.reply)
