"""Identify: which of our formats a request speaks, which door it came through, what it asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mitmproxy import http

from plexus.addons.border import fail_closed, stage
from plexus.addons.exchange import Door, Exchange
from plexus.addons.inspection.attempt_flow import ATTEMPT_MARK
from plexus.addons.services import Services
from plexus.config.snapshot import InterceptHost
from plexus.transforms.codec import Dialect, Head, Match, Operation
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.lazy_object import read_object
from plexus.transforms.wire import Json, bool_at, text_at

GATEWAY_MARK = "plexus.gateway"  # flow.metadata: came through the listener

MAX_BODY = 30 * 1024 * 1024  # bytes, dataplane.md §1.1
_OPENAI = ("chat", "responses")  # the formats of a host whose dialect is written "openai"


class Identify:
    """Opens an `Exchange` for every call that we understand."""

    name = "plexus_identify"  # mitmproxy's own addons have plain names

    def __init__(self, services: Services) -> None:
        self.services = services
        self.exchanges = services.exchanges

    @fail_closed
    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Open the exchange, unless the request is none of ours or is answered already."""
        if flow.response or flow.error or ATTEMPT_MARK in flow.metadata:
            return
        exchange = self._open(flow)
        if exchange is not None:
            self.exchanges.add(exchange)

    @stage
    def request(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        """Read the body: the model and whether to stream."""
        exchange.raw = flow.request.raw_content or b""
        if exchange.head.headers.get("content-encoding"):
            exchange.raw = flow.request.get_content(strict=False) or b""
        exchange.timeline.mark("received")
        if exchange.door == "observe":
            _peek(exchange)
            return
        if len(exchange.raw) > MAX_BODY:
            raise too_large(len(exchange.raw))
        exchange.body = read_object(exchange.raw, where="the request body")
        exchange.model = exchange.match.model or text_at(exchange.body, "model")
        exchange.stream = _streams(exchange.match, exchange.body)
        exchange.timeline.mark("parsed")

    def _open(self, flow: http.HTTPFlow) -> Exchange | None:
        snapshot = self.services.config.current
        head = head_of(flow)
        host = None
        door: Door = "gateway"
        if GATEWAY_MARK not in flow.metadata:
            host = snapshot.intercept.hosts.get(flow.request.pretty_host.lower())
            if host is None:
                return None
            door = host.mode
        found = find_dialect(head, self._spoken(host))
        if found is None:
            return None
        dialect, match = found
        return Exchange(
            id=flow.id,
            door=door,
            snapshot=snapshot,
            head=head,
            dialect=dialect,
            match=match,
            host=host,
            client_request_id=client_request_id(head),
            seals=self.services.seals,
            model=match.model,
            stream=match.stream is True,
            capture=self.services.traces.begin(snapshot),
        )

    def _spoken(self, host: InterceptHost | None) -> Iterable[Dialect]:
        dialects = self.services.dialects
        if host is None:
            return dialects.values()
        names = _OPENAI if host.dialect == "openai" else (host.dialect,)
        return [dialects[name] for name in names if name in dialects]


def head_of(flow: http.HTTPFlow) -> Head:
    """Return a flow's head as dialects read it; of a repeated header the first counts."""
    path, _, query = flow.request.path.partition("?")
    headers: dict[str, str] = {}
    # mitmproxy's own way through them costs several times as much.
    for name, value in flow.request.headers.fields:
        key = name.decode("utf-8", "surrogateescape").lower()
        headers.setdefault(key, value.decode("utf-8", "surrogateescape"))
    return Head(flow.request.method, path, query, headers)


def find_dialect(head: Head, dialects: Iterable[Dialect]) -> tuple[Dialect, Match] | None:
    """Return the first dialect that claims the request."""
    for dialect in dialects:
        match = dialect.match(head)
        if match is not None:
            return dialect, match
    return None


def client_request_id(head: Head) -> str | None:
    """Return `x-client-request-id` if it is one: 1 to 255 characters (dataplane.md §1.4)."""
    value = head.headers.get("x-client-request-id", "").strip()
    return value if 1 <= len(value) <= 255 and value.isprintable() else None


def too_large(size: int) -> GatewayError:
    """The error for a body over the limit; `size` in bytes."""
    return GatewayError(
        Kind.TOO_LARGE,
        f"the request body has {size:,} bytes; the limit is {MAX_BODY:,}",
        where="body",
    )


def _peek(exchange: Exchange) -> None:
    # An observed call belongs to its provider: what we cannot read is not our business to refuse.
    try:
        body = read_object(exchange.raw)
    except GatewayError:
        return
    exchange.body = body
    exchange.model = exchange.match.model or text_at(body, "model")
    exchange.stream = _streams(exchange.match, body)


def _streams(match: Match, body: Mapping[str, Json]) -> bool:
    if match.stream is not None or match.operation is not Operation.CHAT:
        return match.stream is True
    return bool_at(body, "stream") is True


def is_served(match: Match) -> bool:
    """Whether this version serves the operation."""
    return match.operation in (Operation.CHAT, Operation.COUNT_TOKENS)
