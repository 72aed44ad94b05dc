"""Make mitmproxy flows for calls that came through the listener."""

from __future__ import annotations

import time
from typing import Final

from aiohttp import web
from mitmproxy import connection, http
from mitmproxy.proxy import mode_specs

from plexus.addons.identify import GATEWAY_MARK

_SCHEME: Final = b"http"
_NOWHERE: Final = ("gateway.plexus.invalid", 80)  # the flow itself is never forwarded


def flow_of(request: web.BaseRequest, mode: mode_specs.ProxyMode) -> http.HTTPFlow:
    """Return a flow with the request's head; the body is added when it has been read."""
    now = time.time()
    client = connection.Client(
        peername=_address(request, "peername"),
        sockname=_address(request, "sockname"),
        timestamp_start=now,
        proxy_mode=mode,
    )
    flow = http.HTTPFlow(client, connection.Server(address=None))
    flow.request = http.Request(
        host=_NOWHERE[0],
        port=_NOWHERE[1],
        method=request.method.encode(),
        scheme=_SCHEME,
        authority=b"",
        path=request.raw_path.encode("utf-8", "surrogateescape"),
        http_version=b"HTTP/1.1",
        headers=http.Headers(request.raw_headers),
        content=b"",
        trailers=None,
        timestamp_start=now,
        timestamp_end=None,
    )
    flow.metadata[GATEWAY_MARK] = True
    return flow


def _address(request: web.BaseRequest, which: str) -> tuple[str, int]:
    transport = request.transport
    found = transport.get_extra_info(which) if transport is not None else None
    return (found[0], found[1]) if found else ("", 0)
