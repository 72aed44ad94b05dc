"""The gateway's own HTTP server: LLM calls become flows, everything else goes to local pages."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import web
from mitmproxy import connection, ctx, flow, hooks, http
from mitmproxy.proxy.layers.http import (
    HttpErrorHook,
    HttpRequestHeadersHook,
    HttpRequestHook,
    HttpResponseHeadersHook,
    HttpResponseHook,
)

from plexus.addons.border import as_gateway_error, refuse, reply_headers
from plexus.addons.cors import CORS_REPLY, is_cors_open
from plexus.addons.exchange import Exchange, Streamed
from plexus.addons.flows import flow_of
from plexus.addons.http_server import HttpServer
from plexus.addons.incoming import Incoming
from plexus.addons.listener import PlexusMode
from plexus.addons.master import HandlerTable
from plexus.addons.messages import response_of
from plexus.addons.page_door import PageDoor
from plexus.addons.pages import LOCAL_PATHS, make_pages, not_found_page
from plexus.addons.reply_writer import ReplyWriter, header_lines
from plexus.addons.services import Services
from plexus.addons.upstream.relay import pump
from plexus.transforms.errors import GatewayError

log = logging.getLogger(__name__)

DISCONNECTED: Final = "Client disconnected."  # mitmproxy's own words for it
_HOP_BY_HOP: Final = frozenset(
    {b"content-length", b"transfer-encoding", b"connection", b"keep-alive"}
)
_CORS_FIELDS: Final = [(name.encode(), value.encode()) for name, value in CORS_REPLY.items()]
_CORS_LINES: Final = header_lines(_CORS_FIELDS, ())
_NOT_WITH_CORS: Final = _HOP_BY_HOP.union(name for name, _ in _CORS_FIELDS)
# As mitmproxy names them to addons.
_HOOKS: Final[Mapping[str, Callable[[http.HTTPFlow], hooks.Hook]]] = {
    "requestheaders": HttpRequestHeadersHook,
    "request": HttpRequestHook,
    "responseheaders": HttpResponseHeadersHook,
    "response": HttpResponseHook,
}


class Front:
    """Serves what reaches our port as plain requests; `server` makes a protocol for each."""

    name = "plexus_front"

    def __init__(self, services: Services) -> None:
        self.shares_port = services.worker.is_one_of_several
        self._services = services
        self._exchanges = services.exchanges
        self._pages = web.AppRunner(make_pages(services), access_log=None)
        self._mode = PlexusMode.parse("plexus")
        self._nowhere = connection.Server(address=None)
        self._page_door: PageDoor | None = None
        self.server: HttpServer | None = None

    async def open(self) -> None:
        """Make the servers; must run in the loop that will serve."""
        await self._pages.setup()
        pages = self._pages.server
        assert pages is not None
        self._page_door = PageDoor(pages)
        self.server = HttpServer(self._handle)

    async def stop_idle(self) -> None:
        """Close the connections on which nothing is going on."""
        if self.server is not None:
            self.server.stop_idle()

    async def close(self) -> None:
        """Close every connection."""
        if self.server is not None:
            await self.server.close()
        if self._page_door is not None:
            await self._page_door.close()
        await self._pages.cleanup()

    async def _handle(self, incoming: Incoming, writer: ReplyWriter) -> None:
        if incoming.method != "POST" or incoming.path.startswith(LOCAL_PATHS):
            assert self._page_door is not None
            await self._page_door.serve(incoming, writer)
            return
        flow = flow_of(incoming, self._mode, self._nowhere)
        try:
            await self._call(incoming, writer, flow)
        except (asyncio.CancelledError, ConnectionError):
            flow.error = flow.error or http_error(DISCONNECTED)
            raise
        finally:
            flow.live = False
            if flow.error is not None or self._exchanges.get(flow.id) is not None:
                flow.error = flow.error or http_error("the reply could not be written")
                await trigger(HttpErrorHook(flow))

    async def _call(self, incoming: Incoming, writer: ReplyWriter, flow: http.HTTPFlow) -> None:
        await _run("requestheaders", flow)
        exchange = self._exchanges.get(flow.id)
        if flow.response is None and exchange is not None:
            await self._receive(incoming, flow, exchange)
        if flow.response is None and flow.error is None:
            await _run("request", flow)
        if flow.error is not None:  # killed by somebody who inspects
            raise ConnectionResetError(flow.error.msg)
        if exchange is not None and flow.response is None and isinstance(exchange.reply, Streamed):
            await self._stream(writer, flow, exchange, exchange.reply)
            return
        if flow.response is None:
            page = not_found_page(incoming.method, incoming.path)
            flow.response = response_of(404, page, {"content-type": "application/json"})
        await _run("response", flow)
        response = flow.response
        lines = self._lines(response)
        writer.whole(response.status_code, lines, response.raw_content or b"")

    async def _receive(self, incoming: Incoming, flow: http.HTTPFlow, exchange: Exchange) -> None:
        try:
            flow.request.raw_content = await incoming.read()
        except GatewayError as error:
            refuse(flow, exchange, as_gateway_error(error, exchange.id))
        flow.request.timestamp_end = time.time()

    async def _stream(
        self, writer: ReplyWriter, flow: http.HTTPFlow, exchange: Exchange, reply: Streamed
    ) -> None:
        head = response_of(reply.status, b"", reply_headers(exchange, reply.headers))
        flow.response = head
        try:
            await _run("responseheaders", flow)
            writer.begin(head.status_code, self._lines(head))
        except BaseException:
            reply.close()
            raise
        kept: list[bytes] | None = [] if ctx.options.store_streamed_bodies else None

        async def write(data: bytes) -> None:
            if kept is not None:
                kept.append(data)
            await writer.write(data)

        await pump(exchange, reply, write if kept is not None else writer.write)
        if kept is not None:
            head.raw_content = b"".join(kept)
        head.timestamp_end = time.time()
        await _run("response", flow)
        writer.end()

    def _lines(self, response: http.Response) -> bytes:
        fields = response.headers.fields
        if is_cors_open(self._services.config.current):
            return header_lines(fields, _NOT_WITH_CORS) + _CORS_LINES
        return header_lines(fields, _HOP_BY_HOP)


async def trigger(event: hooks.Hook) -> None:
    """Run a flow's hook as mitmproxy does, waiting while somebody holds the flow."""
    await ctx.master.addons.handle_lifecycle(event)
    held = getattr(event, "flow", None)
    if isinstance(held, flow.Flow) and held.intercepted and held.error is None:
        await held.wait_for_resume()


def _run(name: str, flow: http.HTTPFlow) -> Awaitable[None]:
    manager = ctx.master.addons
    if isinstance(manager, HandlerTable):
        return manager.flow_hook(name, flow)
    return trigger(_HOOKS[name](flow))  # mitmproxy's own manager, under mitmweb


def http_error(message: str) -> flow.Error:
    """Return the error of a flow that went wrong."""
    return flow.Error(message)
