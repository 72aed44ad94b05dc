"""What is malformed is refused without being repeated."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from plexus.addons.plain_http import PlainServer
from plexus.transforms.wire import parse_object
from tests.addons.raw import exchange_bytes

CANARY = b"sk-canary-4f9c2b7a"


@asynccontextmanager
async def server(error: Exception | None = None) -> AsyncIterator[int]:
    """A server that says "fine" or fails; yields its port."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        if error is not None:
            raise error
        return web.Response(text="fine")

    runner = web.ServerRunner(PlainServer(handle, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %b\x01\r\n\r\n" % CANARY,
        b"POST / HTTP/1.1\r\nHost: x\r\nAuthorization %b\r\n\r\n" % CANARY,
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %b\r\n\r\n" % CANARY,
        b"POST / HTTP/1.1\r\nHost: x\r\nX: %b\r\n\r\n" % (CANARY * 2000),
        b"POST /?key=%b\xff HTTP/1.1\r\nHost: x\r\n\r\n" % CANARY,
        b"PO ST /?key=%b HTTP/1.1\r\nHost: x\r\n\r\n" % CANARY,
    ],
)
async def test_a_malformed_request_is_refused_and_neither_quoted_nor_logged(
    request_bytes: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with server() as port:
        reply = await exchange_bytes(port, request_bytes)
    head, _, body = reply.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.") and b" 400 " in head
    error = parse_object(body)["error"]
    assert isinstance(error, dict) and "not well-formed" in str(error["message"])
    assert CANARY not in reply
    assert CANARY.decode() not in caplog.text
    assert "request.malformed" in caplog.text


async def test_a_well_formed_request_is_served() -> None:
    async with server() as port:
        reply = await exchange_bytes(
            port, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
    assert reply.endswith(b"fine")


async def test_a_crash_is_logged_and_tells_the_client_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with server(RuntimeError("secret detail")) as port:
        reply = await exchange_bytes(
            port, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
    assert b" 500 " in reply and b"secret detail" not in reply
    assert "secret detail" in caplog.text


async def test_a_client_that_is_gone_is_no_news(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with server(ConnectionResetError("gone")) as port:
        assert await exchange_bytes(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") == b""
    assert "Error handling" not in caplog.text and "Traceback" not in caplog.text
