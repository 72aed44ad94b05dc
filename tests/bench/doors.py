"""Connect to a gateway as its clients do: directly, or to a vendor's host through HTTPS_PROXY."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.bench.scenario import Door

_ALPN: Final = {"proxy-h1": "http/1.1", "proxy-h2": "h2"}


async def connect(
    factory: Callable[[], asyncio.Protocol],
    door: Door,
    port: int,
    *,
    vendor: str = "",
    ca: Path | None = None,
) -> asyncio.BaseTransport:
    """Open a connection for a protocol. Raise `OSError` when the proxy or its TLS says no."""
    loop = asyncio.get_running_loop()
    if door == "listener":
        transport, _ = await loop.create_connection(factory, "127.0.0.1", port)
        return transport
    if ca is None:
        raise ValueError("the intercepting door needs the CA to trust")
    context = ssl.create_default_context(cafile=str(ca))
    context.set_alpn_protocols([_ALPN[door]])
    tunnel = await _tunnel(port, vendor)
    transport, _ = await loop.create_connection(
        factory, sock=tunnel, ssl=context, server_hostname=vendor
    )
    spoken = transport.get_extra_info("ssl_object").selected_alpn_protocol()
    if spoken != _ALPN[door]:
        transport.abort()
        raise OSError(f"asked for {_ALPN[door]}, the gateway chose {spoken}")
    return transport


async def _tunnel(port: int, vendor: str) -> socket.socket:
    loop = asyncio.get_running_loop()
    sock = socket.socket()
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        await loop.sock_connect(sock, ("127.0.0.1", port))
        ask = f"CONNECT {vendor}:443 HTTP/1.1\r\nHost: {vendor}:443\r\n\r\n"
        await loop.sock_sendall(sock, ask.encode())
        said = b""
        while b"\r\n\r\n" not in said:
            more = await loop.sock_recv(sock, 1000)
            if not more:
                raise OSError("the proxy closed the connection")
            said += more
    except BaseException:
        sock.close()
        raise
    if b" 200 " not in said.partition(b"\r\n")[0]:
        sock.close()
        raise OSError(f"the proxy refused: {said[:200]!r}")
    return sock
