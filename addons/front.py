"""The gateway's own HTTP server: LLM calls become flows, everything else goes to local pages."""

from __future__ import annotations

import asyncio
import logging
import time
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
from multidict import CIMultiDict

from plexus.addons.border import as_gateway_error, refuse, reply_headers
from plexus.addons.cors import CORS_REPLY, is_cors_open
from plexus.addons.exchange import Exchange, Streamed
from plexus.addons.flows import flow_of
from plexus.addons.identify import MAX_BODY, too_large
from plexus.addons.listener import PlexusMode
from plexus.addons.messages import response_of
from plexus.addons.pages import LOCAL_PATHS, make_pages, not_found_page
from plexus.addons.plain_http import PlainServer
from plexus.addons.services import Services
from plexus.addons.upstream.relay import pump
from plexus.transforms.errors import GatewayError, Kind

log = logging.getLogger(__name__)

DISCONNECTED: Final = "Client disconnected."  # mitmproxy's own words for it
_HOP_BY_HOP: Final = frozenset({"content-length", "transfer-encoding", "connection", "keep-alive"})


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
        self._page_handler: web.Server | None = None
        self.server: web.Server | None = None

    async def open(self) -> None:
        """Make the servers; must run in the loop that will serve."""
        await self._pages.setup()
        pages = self._pages.server
        assert pages is not None
        self._page_handler = pages
        self.server = PlainServer(
            self._handle,
            request_factory=pages.request_factory,
            handler_cancellation=True,
            access_log=None,
            max_field_size=65536,
            max_line_size=65536,
        )

    async def stop_idle(self) -> None:
        """Close the connections on which nothing is going on."""
        if self.server is not None:
            self.server.pre_shutdown()

    async def close(self) -> None:
        """Close every connection."""
        if self.server is not None:
            await self.server.shutdown(timeout=1.0)
        await self._pages.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.method != "POST" or request.path.startswith(LOCAL_PATHS):
            assert self._page_handler is not None
            return await self._page_handler.request_handler(request)
        flow = flow_of(request, self._mode, self._nowhere)
        flow.live = True
        try:
            return await self._call(request, flow)
        except (asyncio.CancelledError, ConnectionError):
            flow.error = flow.error or http_error(DISCONNECTED)
            raise
        finally:
            flow.live = False
            if flow.error is not None or self._exchanges.get(flow.id) is not None:
                flow.error = flow.error or http_error("the reply could not be written")
                await trigger(HttpErrorHook(flow))

    async def _call(self, request: web.BaseRequest, flow: http.HTTPFlow) -> web.StreamResponse:
        await trigger(HttpRequestHeadersHook(flow))
        exchange = self._exchanges.get(flow.id)
        if flow.response is None and exchange is not None:
            await self._receive(request, flow, exchange)
        if flow.response is None and flow.error is None:
            await trigger(HttpRequestHook(flow))
        if flow.error is not None:  # killed by somebody who inspects
            raise ConnectionResetError(flow.error.msg)
        if exchange is not None and flow.response is None and isinstance(exchange.reply, Streamed):
            return await self._stream(request, flow, exchange, exchange.reply)
        if flow.response is None:
            flow.response = response_of(
                404, not_found_page(request), {"content-type": "application/json"}
            )
        await trigger(HttpResponseHook(flow))
        return self._whole(flow, flow.response)

    async def _receive(
        self, request: web.BaseRequest, flow: http.HTTPFlow, exchange: Exchange
    ) -> None:
        try:
            flow.request.raw_content = await read_body(request)
        except GatewayError as error:
            refuse(flow, exchange, as_gateway_error(error, exchange.id))
        flow.request.timestamp_end = time.time()

    def _whole(self, flow: http.HTTPFlow, response: http.Response) -> web.Response:
        return web.Response(
            status=response.status_code,
            headers=self._headers(response),
            body=response.raw_content,
        )

    async def _stream(
        self, request: web.BaseRequest, flow: http.HTTPFlow, exchange: Exchange, reply: Streamed
    ) -> web.StreamResponse:
        head = response_of(reply.status, b"", reply_headers(exchange, reply.headers))
        flow.response = head
        try:
            await trigger(HttpResponseHeadersHook(flow))
            response = web.StreamResponse(status=head.status_code, headers=self._headers(head))
            await response.prepare(request)
        except BaseException:
            reply.close()
            raise
        kept: list[bytes] | None = [] if ctx.options.store_streamed_bodies else None

        async def write(data: bytes) -> None:
            if kept is not None:
                kept.append(data)
            await response.write(data)

        await pump(exchange, reply, write if kept is not None else response.write)
        if kept is not None:
            head.raw_content = b"".join(kept)
        head.timestamp_end = time.time()
        await trigger(HttpResponseHook(flow))
        await response.write_eof()
        return response

    def _headers(self, response: http.Response) -> CIMultiDict[str]:
        headers = CIMultiDict(
            (name, value)
            for name, value in response.headers.items(multi=True)
            if name.lower() not in _HOP_BY_HOP
        )
        if is_cors_open(self._services.config.current):
            headers.update(CORS_REPLY)
        return headers


async def trigger(event: hooks.Hook) -> None:
    """Run a flow's hook as mitmproxy does, waiting while somebody holds the flow."""
    await ctx.master.addons.handle_lifecycle(event)
    held = getattr(event, "flow", None)
    if isinstance(held, flow.Flow) and held.intercepted and held.error is None:
        await held.wait_for_resume()


def http_error(message: str) -> flow.Error:
    """Return the error of a flow that went wrong."""
    return flow.Error(message)


async def read_body(request: web.BaseRequest) -> bytes:
    """Return the request's body, decompressed.

    Raise `GatewayError`: `TOO_LARGE` over `MAX_BODY` bytes, `BAD_REQUEST` for one that is broken.
    """
    length = request.content_length
    if length is not None and length > MAX_BODY:
        raise too_large(length)
    if request.headers.get("expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # or aiohttp counts it as the reply's
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise too_large(MAX_BODY + 1) from error
    except web.RequestPayloadError as error:
        raise GatewayError(
            Kind.BAD_REQUEST,
            "the request body cannot be read; see its content-encoding and transfer-encoding",
            where="body",
        ) from error
