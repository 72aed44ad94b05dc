"""The `plexus` proxy mode: one port, whose first bytes decide between gateway and proxy.

A TLS record, `CONNECT`, an absolute-form request or an HTTP/2 preface go to mitmproxy's own stack;
anything else is a call to our base URL and goes to aiohttp's server (C parser), where it becomes a
flow and runs through the same hooks.
"""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from typing import Any, Final, Literal, cast, override

import mitmproxy_rs
from mitmproxy import ctx
from mitmproxy.proxy import layer, layers, mode_servers, mode_specs
from mitmproxy.proxy.context import Context

from plexus.addons.proxy_handler import ProxyHandler
from plexus.addons.sockets import listening_socket

_PROXY_STARTS: Final = (b"CONNECT ", b"PRI * HTTP/2")
_METHODS: Final = (
    b"GET ", b"POST ", b"PUT ", b"PATCH ", b"DELETE ", b"HEAD ", b"OPTIONS ", b"TRACE ",
)  # fmt: skip
_LONGEST: Final = max(len(start) for start in (*_PROXY_STARTS, *_METHODS)) + len(b"https://")


@dataclass(frozen=True)
class PlexusMode(mode_specs.ProxyMode):
    """`--mode plexus[@[host:]port]`."""

    @property
    @override
    def description(self) -> str:
        return "Plexus gateway and HTTP(S) proxy"

    @property
    @override
    def default_port(self) -> int:
        return 4000

    @property
    @override
    def transport_protocol(self) -> Literal["tcp", "udp", "both"]:
        return mode_specs.TCP

    @override
    def __post_init__(self) -> None:
        if self.data:
            raise ValueError("mode takes no arguments")


class PlexusInstance(mode_servers.AsyncioServerInstance[PlexusMode]):
    """The server behind the mode."""

    @override
    def make_top_layer(self, context: Context) -> layer.Layer:
        return layers.modes.HttpProxy(context)

    @override
    async def handle_stream(
        self,
        reader: asyncio.StreamReader | mitmproxy_rs.Stream,
        writer: asyncio.StreamWriter | mitmproxy_rs.Stream | None = None,
    ) -> None:
        assert isinstance(reader, asyncio.StreamReader)
        assert isinstance(writer, asyncio.StreamWriter)
        handler = ProxyHandler(ctx.master, reader, writer, ctx.options, self.mode)
        context = handler.layer.context
        handler.layer = self.make_top_layer(context)
        with self.manager.register_connection(context.client.id, handler):
            await handler.handle_client()

    @override
    async def listen(self, host: str, port: int) -> list[asyncio.Server]:  # type: ignore[override]  # list is invariant
        loop = asyncio.get_running_loop()
        sock = listening_socket(host, port, is_shared=_front_addon().shares_port)
        server = await loop.create_server(lambda: Doorman(self), sock=sock, backlog=1024)
        return [server]


def is_proxy_start(data: bytes) -> bool | None:
    """Whether a connection that begins with `data` is for the proxy; `None`: too few bytes."""
    if data[:1] == b"\x16":  # TLS handshake record, RFC 8446 §5.1
        return True
    if any(start.startswith(data[: len(start)]) for start in _PROXY_STARTS):
        return True if len(data) >= 8 else None
    _, space, rest = data.partition(b" ")
    if not space:
        return None if len(data) < _LONGEST else False
    if len(rest) < 8 and b"\n" not in rest:
        return None if b"http://".startswith(rest[:7]) or b"https://".startswith(rest) else False
    return rest[:8].lower().startswith((b"http://", b"https://"))


class Doorman(asyncio.Protocol):
    """Reads the first bytes of a connection and hands it to the right protocol."""

    def __init__(self, instance: PlexusInstance) -> None:
        self._instance = instance
        self._transport: asyncio.Transport | None = None
        self._held = b""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast(asyncio.Transport, transport)
        sock = transport.get_extra_info("socket")
        if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @override
    def data_received(self, data: bytes) -> None:
        self._held += data
        to_proxy = is_proxy_start(self._held)
        if to_proxy is None or self._transport is None:
            return
        protocol = self._proxy() if to_proxy else self._front()
        held, self._held = self._held, b""
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        protocol.data_received(held)

    def _front(self) -> asyncio.Protocol:
        protocol: asyncio.Protocol = _front_addon().server()
        return protocol

    def _proxy(self) -> asyncio.Protocol:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(loop=loop)
        return asyncio.StreamReaderProtocol(reader, self._instance.handle_stream, loop=loop)


def _front_addon() -> Any:
    # The addon that serves plain requests; an instance of a mode knows no addons by itself.
    return ctx.master.addons.get("plexus_front")


def mode_spec(host: str, port: int) -> str:
    """Return the mode option that listens there."""
    return f"plexus@{host}:{port}"
