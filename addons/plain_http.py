"""aiohttp's server, but what is malformed is neither quoted nor logged: it may hold a key."""

from __future__ import annotations

import logging
from typing import override

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from plexus.transforms.wire import JsonObject, dump

log = logging.getLogger(__name__)


class PlainServer(web.Server):
    """Makes a protocol for each connection."""

    @override
    def __call__(self) -> PlainProtocol:
        return PlainProtocol(self, loop=self._loop, **self._kwargs)


class PlainProtocol(web.RequestHandler):
    """Serves one connection."""

    @override
    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        if isinstance(exc, ConnectionError):  # the client is gone, or its call was killed
            self.force_close()
            return web.Response()
        if not isinstance(exc, HttpProcessingError):
            return super().handle_error(request, status, exc, message)
        what = type(exc).__name__
        log.info("request.malformed from=%s what=%s", request.remote, what)
        response = web.Response(
            status=status, body=malformed_page(what), content_type="application/json"
        )
        response.force_close()
        return response

    @override
    def log_exception(self, *args: object, **kw: object) -> None:
        # A broken body has been answered by then; aiohttp finds it broken again as it reads on.
        if not isinstance(kw.get("exc_info"), web.RequestPayloadError):
            super().log_exception(*args, **kw)


def malformed_page(what: str) -> bytes:
    """Return the body of a 400; `what` is the kind of the mistake, never what was sent."""
    text = f"the request is not well-formed HTTP ({what}); see its first line and its headers"
    return error_page(text)


def error_page(message: str) -> bytes:
    """Return the body of a reply to a request that is no call."""
    error: JsonObject = {"message": message, "type": "invalid_request_error", "code": None}
    return dump({"error": error})
