"""Pages are aiohttp's, on connections that carry calls as well."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from plexus.addons.page_door import PageDoor
from tests.addons.raw import exchange_bytes
from tests.addons.test_http_server import post, serving

CLOSE = b"Connection: close\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


async def page(request: web.BaseRequest) -> web.StreamResponse:
    if request.path == "/stream":
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(8):
            await response.write(b"x" * 50_000)
        return response
    if request.path == "/crash":
        raise RuntimeError("secret detail")
    if request.path == "/unread":
        return web.Response(text="unread")
    return web.Response(text=f"[{request.method} {request.path} {len(await request.read())}]")


@asynccontextmanager
async def pages() -> AsyncIterator[int]:
    door = PageDoor(web.Server(page))
    async with serving(door.serve) as (_, port):
        yield port
    await door.close()


@pytest.mark.parametrize(
    ("request_bytes", "found"),
    [
        (post(b"/a", b"x" * 300_000), b"[POST /a 300000]"),
        (post(b"/unread", b"x" * 3_000_000), b"unread"),
        (post(b"/e", b"abc", b"Expect: 100-continue\r\n"), b"[POST /e 3]"),
        (
            b"PUT /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
            b"[PUT /c 1]",
        ),
        (b"HEAD /h HTTP/1.1\r\nHost: x\r\n\r\n", b"Content-Length: 11\r\n"),
        (
            b"GET /w HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
            b"[GET /w 0]",
        ),
        (b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n", b"x" * 50_000),
    ],
)
async def test_a_page_leaves_the_connection_to_the_next_request(
    request_bytes: bytes, found: bytes
) -> None:
    async with pages() as port:
        reply = await exchange_bytes(port, request_bytes + LAST)
    assert found in reply and reply.endswith(b"[GET /last 0]")


async def test_a_page_that_crashes_and_one_for_an_old_client_close_it() -> None:
    async with pages() as port:
        crashed = await exchange_bytes(port, b"GET /crash HTTP/1.1\r\nHost: x\r\n\r\n")
        old = await exchange_bytes(port, b"GET /stream HTTP/1.0\r\n\r\n")
    assert b" 500 " in crashed and b"secret detail" not in crashed
    assert old.startswith(b"HTTP/1.0 200 OK") and old.endswith(b"\r\n\r\n" + b"x" * 400_000)


async def test_a_body_that_is_too_large_is_refused_for_a_page_too() -> None:
    async with pages() as port:
        head = (
            b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n"
        )
        reply = await exchange_bytes(port, head)
    assert reply.startswith(b"HTTP/1.1 413 ") and b"99,999,999 bytes" in reply
