"""Admit: whether this caller may make this call at all, before any target is looked for."""

from __future__ import annotations

from mitmproxy import http

from plexus.addons.border import stage
from plexus.addons.exchange import Exchange
from plexus.addons.identify import is_served
from plexus.addons.services import Services
from plexus.transforms.errors import GatewayError, Kind


class Admit:
    """Refuses what could not be served whichever target it went to."""

    name = "plexus_admit"  # mitmproxy's own addons have plain names

    def __init__(self, services: Services) -> None:
        self.exchanges = services.exchanges

    @stage
    def request(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        """Check the operation and the model name."""
        if exchange.door == "observe":
            return
        if not is_served(exchange.match):
            raise GatewayError(
                Kind.NOT_FOUND,
                f"{exchange.head.method} {exchange.head.path} is not served by this version",
                where=exchange.head.path,
            )
        if not exchange.model:
            raise GatewayError(Kind.BAD_REQUEST, "the request names no model", where="model")
