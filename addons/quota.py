"""Quota: whether the caller has anything left of what it may use, and that it keeps its part."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence

from mitmproxy import http

from plexus.addons.border import stage
from plexus.addons.exchange import Exchange, Plan
from plexus.addons.metering.quota import Quota as UserQuota
from plexus.addons.services import Services


class Quota:
    """Reserves before a call is sent; `account` settles. Other calls pass without a wait."""

    name = "plexus_quota"  # mitmproxy's own addons have plain names

    def __init__(self, services: Services) -> None:
        self.exchanges = services.exchanges
        self._meter = services.quotas

    @stage
    def request(self, flow: http.HTTPFlow, exchange: Exchange) -> Awaitable[None] | None:
        """Take the call's part of its quotas, or refuse it."""
        quotas = self._meter.quotas(exchange)
        if not quotas or exchange.plan is None:
            return None
        return self._reserve(exchange, quotas, exchange.plan)

    async def _reserve(self, exchange: Exchange, quotas: Sequence[UserQuota], plan: Plan) -> None:
        await self._meter.reserve(exchange, quotas, plan)
        exchange.timeline.mark("reserved")
