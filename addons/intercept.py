"""Intercept: the door of unmodified clients that were sent here by HTTPS_PROXY.

Hosts off the list are tunnelled, never decrypted. On a listed host, `observe` lets the call go to
its own provider byte for byte and only looks; `route` answers it like a call to our base URL.
"""

from __future__ import annotations

from mitmproxy import http, tls
from mitmproxy.proxy import server_hooks

from plexus.addons.authenticate import credentials
from plexus.addons.border import fail_closed, outcome_stage, refuse
from plexus.addons.bridge import Bridge
from plexus.addons.exchange import Exchange, Streamed
from plexus.addons.identify import GATEWAY_MARK, head_of
from plexus.addons.inspection.attempt_flow import ATTEMPT_MARK
from plexus.addons.messages import response_of
from plexus.addons.observe import Tap, is_stream, look_at_whole
from plexus.addons.parked import Original, point_at_bridge
from plexus.addons.services import Services
from plexus.config.snapshot import InterceptHost
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import dump


class Intercept:
    """Decides per host what is opened, and carries streams over the bridge."""

    name = "plexus_intercept"  # mitmproxy's own addons have plain names

    def __init__(self, services: Services, bridge: Bridge) -> None:
        self.exchanges = services.exchanges
        self._config = services.config
        self._bridge = bridge
        self._taps: dict[str, Tap] = {}  # by flow id, dropped with the flow
        self._parked: dict[str, Original] = {}  # by flow id, until the reply's head

    def tls_clienthello(self, data: tls.ClientHelloData) -> None:
        """Leave the TLS of unlisted hosts alone."""
        address = data.context.server.address
        name = data.client_hello.sni or (address[0] if address else "")
        data.ignore_connection = self._host(name) is None

    def server_connect(self, data: server_hooks.ServerConnectionHookData) -> None:
        """Connect elsewhere where `connect_to` says so; name and certificate stay the host's."""
        address = data.server.address
        host = self._host(address[0]) if address else None
        if host is not None and host.connect_to is not None:
            data.server.address = host.connect_to

    @fail_closed
    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Let what is no call of ours pass, untouched and unbuffered."""
        if _is_own(flow) or flow.response is not None:
            return
        if self.exchanges.get(flow.id) is not None:
            return
        host = self._host(flow.request.pretty_host)
        if host is not None and host.mode == "route":
            self._guard_route(flow, host)
        if flow.response is None and "upgrade" not in flow.request.headers:
            flow.request.stream = True

    @fail_closed
    def request(self, flow: http.HTTPFlow) -> None:
        """Point a call whose reply is a stream at the bridge."""
        exchange = self.exchanges.get(flow.id)
        if exchange is None or exchange.door != "route" or flow.response is not None:
            return
        if not isinstance(exchange.reply, Streamed):
            refuse(flow, exchange, GatewayError(Kind.INTERNAL, "no verb answered this call"))
            return
        ticket = self._bridge.lend(exchange, exchange.reply)
        self._parked[flow.id] = point_at_bridge(flow, self._bridge.port, ticket)

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Stream what streams, and show the call as it really was."""
        if _is_own(flow) or flow.response is None:
            return
        if (parked := self._parked.pop(flow.id, None)) is not None:
            parked.restore(flow)
            flow.response.stream = True
            return
        exchange = self.exchanges.get(flow.id)
        if exchange is None:
            flow.response.stream = True
        elif exchange.door == "observe" and _streams(exchange, flow.response):
            exchange.stream = True
            self._taps[flow.id] = tap = Tap(exchange, flow.response)
            flow.response.stream = tap

    @outcome_stage
    def response(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        """Read what an observed call used."""
        if exchange.door != "observe":
            return
        if (tap := self._taps.pop(flow.id, None)) is not None:
            tap.end(complete=True)
        elif flow.response is not None:
            look_at_whole(exchange, flow.response)

    @outcome_stage
    def error(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        """Let go of what the call held."""
        if (tap := self._taps.pop(flow.id, None)) is not None:
            tap.end(complete=False)
        if (parked := self._parked.pop(flow.id, None)) is not None:
            parked.restore(flow)
            self._bridge.revoke(parked.ticket)

    def _host(self, name: str) -> InterceptHost | None:
        return self._config.current.intercept.hosts.get(name.lower())

    def _guard_route(self, flow: http.HTTPFlow, host: InterceptHost) -> None:
        if flow.request.headers.get("upgrade", "").lower() == "websocket":
            # Codex falls back to HTTP at once on 426, and retries for seconds on anything else.
            flow.response = _plain(426, "WebSockets are not routed; use HTTP", "upgrade_required")
            return
        secrets = (presented.partition(":")[0] for presented in credentials(head_of(flow)))
        if any(self._config.current.key(secret) is not None for secret in secrets):
            # The provider must never see a key of ours.
            message = f"{flow.request.method} {flow.request.path.partition('?')[0]} is not routed, "
            message += f"and a Plexus key cannot be used at {host.host}"
            flow.response = _plain(404, message, "not_found")


def _streams(exchange: Exchange, response: http.Response) -> bool:
    # Gemini's array comes piece by piece too, though its type does not tell.
    is_array = exchange.match.framing == "array" and response.status_code < 400
    return is_array or is_stream(response)


def _is_own(flow: http.HTTPFlow) -> bool:
    return GATEWAY_MARK in flow.metadata or ATTEMPT_MARK in flow.metadata


def _plain(status: int, message: str, code: str) -> http.Response:
    body = dump({"error": {"message": message, "type": "invalid_request_error", "code": code}})
    return response_of(status, body, {"content-type": "application/json"})
