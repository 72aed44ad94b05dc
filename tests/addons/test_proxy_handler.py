"""The intercepting door's handler by itself; whole streams are in e2e/test_back_pressure.py."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest
from mitmproxy import connection, options
from mitmproxy.proxy import layer, layers, mode_specs
from mitmproxy.proxy.layers.http import Http2Server, HttpLayer, HTTPMode, HttpStream
from mitmproxy.proxy.layers.http._http_h2 import SendH2Data

from plexus.addons.master import PlexusMaster
from plexus.addons.proxy_handler import MOST_CONNECTIONS, ProxyHandler


class Writer:
    """As much of a client's writer as a handler asks for before it serves."""

    def get_extra_info(self, name: str, default: object = ("127.0.0.1", 1)) -> object:
        return default

    async def drain(self) -> None:
        """There is nothing to wait for."""


@pytest.fixture
async def handler() -> ProxyHandler:
    master = PlexusMaster(options.Options())
    mode = mode_specs.ProxyMode.parse("regular")
    writer = cast(asyncio.StreamWriter, Writer())
    return ProxyHandler(master, asyncio.StreamReader(), writer, master.options, mode)


async def test_a_client_may_have_as_many_connections_as_streams(handler: ProxyHandler) -> None:
    limit = handler.max_conns["127.0.0.1", 1]
    for _ in range(MOST_CONNECTIONS):
        await limit.acquire()
    assert limit.locked()


async def test_the_layers_that_speak_http_are_known_by_the_hook_that_chose_them(
    handler: ProxyHandler,
) -> None:
    context = handler.layer.context
    for chosen in (HttpLayer(context, HTTPMode.regular), layers.TCPLayer(context)):
        asked = layer.NextLayer(context)
        asked.layer = chosen
        await handler.handle_hook(layer.NextLayerHook(asked))
    assert [type(found) for found in handler._http] == [HttpLayer]


async def test_nothing_is_waited_for_where_nothing_is_kept_back(handler: ProxyHandler) -> None:
    server = connection.Server(address=("127.0.0.1", 2))
    assert handler._kept_back(server) == 0
    await handler.drain_writers()


async def test_what_a_stream_keeps_back_holds_up_its_own_server_only(handler: ProxyHandler) -> None:
    context = handler.layer.context
    http = HttpLayer(context, HTTPMode.regular)
    asked = layer.NextLayer(context)
    asked.layer = http
    await handler.handle_hook(layer.NextLayerHook(asked))
    slow, other = (connection.Server(address=("127.0.0.1", port)) for port in (2, 3))
    client = http.connections[handler.client] = Http2Server(context)
    for number, server in ((1, slow), (3, other)):
        behind = SimpleNamespace(server=server)
        http.streams[number] = cast(HttpStream, SimpleNamespace(context=behind))
    client.h2_conn.stream_buffers[1].extend([SendH2Data(b"abc", False), SendH2Data(b"de", True)])
    assert (handler._kept_back(slow), handler._kept_back(other)) == (5, 0)
