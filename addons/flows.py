"""Make mitmproxy flows for calls that came through the listener."""

from __future__ import annotations

import time
from typing import Final

from aiohttp import web
from mitmproxy import connection, http
from mitmproxy.proxy import mode_specs

from plexus.addons.identify import GATEWAY_MARK
from plexus.addons.messages import request_of

_NOWHERE: Final = ("gateway.plexus.invalid", 80)  # the flow itself is never forwarded


def flow_of(
    request: web.BaseRequest, mode: mode_specs.ProxyMode, nowhere: connection.Server
) -> http.HTTPFlow:
    """Return a flow with the request's head; the body is added when it has been read.

    `nowhere` stands for the server that the flow never gets; making one costs 13 µs, so all share
    it.
    """
    client = connection.Client(
        peername=_address(request, "peername"),
        sockname=_address(request, "sockname"),
        timestamp_start=time.time(),
        proxy_mode=mode,
    )
    flow = http.HTTPFlow(client, nowhere)
    host, port = _NOWHERE
    flow.request = request_of(
        request.method, request.raw_path, request.raw_headers, host=host, port=port
    )
    flow.metadata[GATEWAY_MARK] = True
    return flow


def _address(request: web.BaseRequest, which: str) -> tuple[str, int]:
    transport = request.transport
    found = transport.get_extra_info(which) if transport is not None else None
    return (found[0], found[1]) if found else ("", 0)
