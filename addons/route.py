"""Route: where the call may go."""

from __future__ import annotations

from mitmproxy import http

from plexus.addons.border import stage
from plexus.addons.exchange import Exchange
from plexus.addons.routing.planner import Planner
from plexus.addons.services import Services


class Route:
    """Plans each call over the snapshot that it began with."""

    name = "plexus_route"  # mitmproxy's own addons have plain names

    def __init__(self, services: Services) -> None:
        self.exchanges = services.exchanges
        self._random = services.random
        self._selectors = services.selectors

    @stage
    def request(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        """Set the plan."""
        if exchange.door == "observe" or exchange.model is None or exchange.principal is None:
            return
        planner = Planner(
            snapshot=exchange.snapshot, selectors=self._selectors, random=self._random
        )
        exchange.plan = planner.plan(exchange.model, exchange.principal)
        exchange.timeline.mark("routed")
