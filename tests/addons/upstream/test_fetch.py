"""Public documents."""

import ssl

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from plexus.addons.upstream import fetch as subject
from plexus.addons.upstream.fetch import fetch
from plexus.transforms.errors import GatewayError

TLS = ssl.create_default_context()


async def answered(handler: object, path: str = "/?secret=1") -> bytes:
    app = web.Application()
    app.router.add_get("/", handler)  # type: ignore[arg-type]  # a handler
    async with TestServer(app) as server:
        return await fetch(str(server.make_url(path)), TLS)


async def test_a_document_is_fetched_without_any_credential() -> None:
    seen: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        seen.extend(name.lower() for name in request.headers)
        return web.Response(body=b"x" * 100_000)

    assert await answered(handler) == b"x" * 100_000
    assert not {"authorization", "x-api-key", "cookie"} & set(seen)


async def test_a_refusal_is_an_error_that_hides_the_query() -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=404)

    with pytest.raises(GatewayError, match="it answered 404") as caught:
        await answered(handler)
    assert "secret" not in caught.value.message


async def test_nobody_there_is_an_error() -> None:
    with pytest.raises(GatewayError, match="cannot fetch"):
        await fetch("http://127.0.0.1:1/", TLS)


async def test_a_document_without_end_is_not_read_to_its_end() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(subject._MOST_BYTES // 2**20 + 1):
            await response.write(bytes(2**20))
        return response

    with pytest.raises(GatewayError, match="longer than 32 MiB"):
        await answered(handler)
