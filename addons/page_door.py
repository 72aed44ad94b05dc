"""The pages' way in: what is no call goes to aiohttp, over a connection that is ours."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final, override

from aiohttp import web

from plexus.addons.incoming import Incoming
from plexus.addons.plain_http import PlainProtocol, PlainServer, error_page
from plexus.addons.reply_writer import ReplyWriter
from plexus.addons.request_parser import MAX_LINE
from plexus.transforms.errors import GatewayError, Kind

_REWRITTEN: Final = frozenset({b"content-length", b"transfer-encoding", b"expect"})
_JSON: Final = b"Content-Type: application/json\r\n"


class PageDoor:
    """Serves requests by an aiohttp application's server, one protocol for each request."""

    def __init__(self, pages: web.Server) -> None:
        self._server = PageServer(
            pages.request_handler,
            request_factory=pages.request_factory,
            handler_cancellation=True,
            access_log=None,
            max_field_size=MAX_LINE,
            max_line_size=MAX_LINE,
        )

    async def serve(self, incoming: Incoming, writer: ReplyWriter) -> None:
        """Have a request answered; returns when the reply has been written."""
        try:
            body = await incoming.read_raw()
        except GatewayError as error:
            status = 413 if error.kind is Kind.TOO_LARGE else 400
            writer.whole(status, _JSON, error_page(error.message))
            return
        protocol = self._server()
        lent = LentTransport(writer.transport)
        protocol.tell(lent.replied)
        writer.lent_to, writer.is_begun = protocol, True
        try:
            protocol.connection_made(lent)
            protocol.data_received(_as_sent(incoming, body))
            stays_open = await lent.replied
        finally:
            writer.lent_to = None
            lent.close()
            protocol.connection_lost(None)
        writer.is_ended = True
        writer.keeps = stays_open and writer.keeps

    async def close(self) -> None:
        """End what is left."""
        await self._server.shutdown(timeout=1.0)


class PageServer(PlainServer):
    """Makes a protocol for each request."""

    @override
    def __call__(self) -> PageProtocol:
        return PageProtocol(self, loop=self._loop, **self._kwargs)


class PageProtocol(PlainProtocol):
    """Tells when its reply has been written."""

    __slots__ = ("_replied",)

    def tell(self, replied: asyncio.Future[bool]) -> None:
        """Let `replied` have whether the connection stays open after the reply."""
        self._replied = replied

    @override
    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        response, is_gone = await super().finish_response(request, resp, start_time)
        if not self._replied.done():
            self._replied.set_result(bool(response.keep_alive) and not is_gone)
        return response, is_gone


class LentTransport(asyncio.Transport):
    """A transport that is not closed, and that takes nothing any more once it should be."""

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__()
        self.replied: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._transport = transport
        self._is_closed = False

    @override
    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self._is_closed:
            self._transport.write(data)

    @override
    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        self.write(b"".join(list_of_data))

    @override
    def is_closing(self) -> bool:
        return self._is_closed or self._transport.is_closing()

    @override
    def close(self) -> None:
        self._is_closed = True
        if not self.replied.done():
            self.replied.set_result(False)

    @override
    def abort(self) -> None:
        self.close()

    @override
    def pause_reading(self) -> None:
        """The whole request has been handed over."""

    @override
    def resume_reading(self) -> None:
        """There is nothing more to read."""


def _as_sent(incoming: Incoming, body: bytes) -> bytes:
    version = b"1.0" if incoming.is_http_1_0 else b"1.1"
    lines = [b"%b %b HTTP/%b" % (incoming.method.encode(), incoming.target, version)]
    for field in incoming.headers:
        if field[0].lower() not in _REWRITTEN:
            lines.append(b"%b: %b" % field)
    if body:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join((*lines, b"", body))
