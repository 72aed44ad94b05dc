"""Make mitmproxy flows for calls that came through the listener.

Without the constructors of mitmproxy, which cost more than all that a gateway does with a head.
"""

from __future__ import annotations

import os
import time
from typing import Final

from mitmproxy import connection, http
from mitmproxy.proxy import mode_specs

from plexus.addons.identify import GATEWAY_MARK
from plexus.addons.incoming import Incoming, Peer
from plexus.addons.messages import request_of

_NOWHERE: Final = ("gateway.plexus.invalid", 80)  # the flow itself is never forwarded
_VARIANTS: Final = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))


def flow_of(
    incoming: Incoming, mode: mode_specs.ProxyMode, nowhere: connection.Server
) -> http.HTTPFlow:
    """Return a flow with the request's head; the body is added when it has been read.

    `nowhere` stands for the server that the flow never gets; making one costs 13 µs, so all share
    it. The calls of a connection share their client.
    """
    flow = object.__new__(http.HTTPFlow)
    flow.id = uuid4()
    flow.client_conn = incoming.peer.client or _client_of(incoming.peer, mode)
    flow.server_conn = nowhere
    flow.live = True
    flow.timestamp_created = time.time()
    flow.intercepted = False
    flow._resume_event = flow._backup = None
    flow.marked = flow.comment = ""
    flow.is_replay = None
    flow.metadata = {GATEWAY_MARK: True}
    host, port = _NOWHERE
    target = incoming.target.decode("utf-8", "surrogateescape")
    flow.request = request_of(incoming.method, target, incoming.headers, host=host, port=port)
    return flow


def uuid4() -> str:
    """Return what `str(uuid.uuid4())` returns (RFC 9562 §5.4), six times as fast."""
    text = os.urandom(16).hex()
    fourth = _VARIANTS[text[16]] + text[17:20]
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{fourth}-{text[20:]}"


def _client_of(peer: Peer, mode: mode_specs.ProxyMode) -> connection.Client:
    peer.client = connection.Client(
        peername=peer.peername,
        sockname=peer.sockname,
        timestamp_start=peer.since,
        proxy_mode=mode,
    )
    return peer.client
