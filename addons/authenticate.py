"""Authenticate: on whose behalf a call is made (dataplane.md §1.3)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from urllib.parse import parse_qs

from mitmproxy import http

from plexus.addons.border import stage
from plexus.addons.client_address import client_address, is_allowed
from plexus.addons.cors import is_foreign_page
from plexus.addons.exchange import Exchange, Principal
from plexus.addons.services import Services
from plexus.config.snapshot import Key, Snapshot
from plexus.transforms.codec import Head
from plexus.transforms.errors import GatewayError, Kind

ANONYMOUS = "anonymous"


class Authenticate:
    """Finds the key behind a credential, or refuses."""

    name = "plexus_authenticate"  # mitmproxy's own addons have plain names

    def __init__(self, services: Services) -> None:
        self.exchanges = services.exchanges

    @stage
    def requestheaders(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        """Set the principal; it is known before the body is read."""
        exchange.source_ip = _source(flow, exchange)
        exchange.principal = identify_principal(exchange)
        exchange.timeline.mark("authenticated")


def _source(flow: http.HTTPFlow, exchange: Exchange) -> str | None:
    peer = flow.client_conn.peername
    address = peer[0] if peer else None
    headers = exchange.head.headers
    if "x-forwarded-for" not in headers:  # nearly always: then nobody need be trusted
        return address
    return client_address(address, headers, trusted_proxies(exchange.snapshot))


def identify_principal(exchange: Exchange) -> Principal:
    """Return the caller. Raise `GatewayError(UNAUTHENTICATED | FORBIDDEN)`."""
    snapshot = exchange.snapshot
    if exchange.door == "observe":
        return Principal(key=None, name=snapshot.intercept.default_key or ANONYMOUS)
    presented = credential(exchange.head)
    secret, _, label = (presented or "").partition(":")
    attribution = label.lower() or None
    if snapshot.keys is None:
        _refuse_foreign_page(exchange.head)
        return Principal(key=None, name=ANONYMOUS, label=attribution)
    key = snapshot.key(secret) if secret else None
    if key is None and exchange.door == "route":
        key = snapshot.keys.get(snapshot.intercept.default_key or "")
        attribution = None
    if key is None:
        raise _unknown(presented)
    _check(key, exchange.source_ip)
    return Principal(key=key, name=key.name, label=attribution)


def _refuse_foreign_page(head: Head) -> None:
    if is_foreign_page(head.headers):
        raise GatewayError(
            Kind.FORBIDDEN,
            "calls from web pages are refused while no `keys:` are configured",
            where="origin",
        )


def credential(head: Head) -> str | None:
    """Return the presented credential: the first carrier counts, even if another would be valid."""
    return next(credentials(head), None)


def credentials(head: Head) -> Iterator[str]:
    """Yield every presented credential, in the order in which their carriers count."""
    headers = head.headers
    if "authorization" in headers:
        yield _bearer(headers["authorization"])
    for name in ("x-api-key", "x-goog-api-key"):
        if name in headers:
            yield headers[name].strip()
    yield from parse_qs(head.query).get("key", ())


def _bearer(value: str) -> str:
    value = value.strip()
    return value[7:].strip() if value[:7].lower() == "bearer " else value


def _check(key: Key, address: str | None) -> None:
    now_ms = time.time() * 1000
    if key.disabled_at is not None and key.disabled_at <= now_ms:
        raise GatewayError(Kind.UNAUTHENTICATED, f"the key {key.name!r} is disabled")
    if key.expires_at is not None and key.expires_at <= now_ms:
        raise GatewayError(Kind.UNAUTHENTICATED, f"the key {key.name!r} has expired")
    if key.allowed_ips and not is_allowed(address, key.allowed_ips):
        raise GatewayError(
            Kind.FORBIDDEN, f"the key {key.name!r} may not be used from this address"
        )


def _unknown(presented: str | None) -> GatewayError:
    if not presented:
        return GatewayError(
            Kind.UNAUTHENTICATED,
            "no API key was given; send a Plexus key as 'Authorization: Bearer …', x-api-key, "
            "x-goog-api-key or ?key=",
        )
    return GatewayError(
        Kind.UNAUTHENTICATED,
        "this API key is not known here; keys are set under `keys:`",
        code="invalid_api_key",
    )


def trusted_proxies(snapshot: Snapshot) -> Sequence[str]:
    """Return the addresses whose word on where a call comes from counts."""
    listed = snapshot.sections.get("trustedProxies")
    return [str(item) for item in listed] if isinstance(listed, list) else ()
