"""Quota: whether the caller has anything left of what it may use, and that it keeps its part."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence

from mitmproxy import http

from plexus.addons.border import async_stage
from plexus.addons.exchange import Exchange
from plexus.addons.metering.quota import Quota as UserQuota
from plexus.addons.services import Services


class Quota:
    """Reserves before a call is sent; `account` settles. Other calls pass without a wait."""

    name = "plexus_quota"  # mitmproxy's own addons have plain names

    def __init__(self, services: Services) -> None:
        self.exchanges = services.exchanges
        self._meter = services.quotas

    def request(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """Take the call's part of its quotas, or refuse it."""
        exchange = self.exchanges.get(flow.id)
        if exchange is None or not self._meter.quotas(exchange):
            return None
        return self._reserve(flow)

    @async_stage
    async def _reserve(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        quotas: Sequence[UserQuota] = self._meter.quotas(exchange)
        if exchange.plan is not None:
            await self._meter.reserve(exchange, quotas, exchange.plan)
            exchange.timeline.mark("reserved")
