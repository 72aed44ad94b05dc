"""Talking HTTP to providers, and what becomes of its failures."""

import asyncio
import contextlib
import gzip
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from plexus.addons.upstream.client import EMBEDDED, Pool, Response, origin
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import dump, parse_object
from tests.fakes import script
from tests.fakes.provider import Provider
from tests.fakes.tls import Authority


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    opened = Pool(ssl.create_default_context())
    yield opened
    await opened.close()


async def send(pool: Pool, url: str, body: bytes = b"{}", **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await pool.send(url, {"content-type": "application/json", **named}, body, "id-1")


async def read_pieces(response: Response) -> list[bytes]:
    pieces = []
    while data := await response.read_some():
        pieces.append(data)
    return pieces


async def test_a_request_arrives_as_it_was_given(pool: Pool, provider: Provider) -> None:
    provider.script(script.json_reply({"ok": True}, headers={"X-Odd": "Kept"}))
    response = await send(pool, f"{provider.url}/v1/x?a=%41", b'{ "a":1 }', x_api_key="sk-1")
    assert (response.status, response.headers["x-odd"]) == (200, "Kept")
    assert await response.read_all() == b'{"ok":true}'
    sent = await provider.received()
    assert (sent.method, sent.path, sent.query) == ("POST", "/v1/x", {"a": "A"})
    assert sent.raw == b'{ "a":1 }'
    assert sent.headers["x-api-key"] == "sk-1"
    assert await sent.ended() == "completed"


async def test_a_stream_is_read_as_it_comes(pool: Pool, provider: Provider) -> None:
    gate = asyncio.Event()
    provider.script(script.stream([b"one", gate, b"two"]))
    response = await send(pool, provider.url)
    assert await response.read_some() == b"one"
    gate.set()
    assert await read_pieces(response) == [b"two"]
    assert await response.read_some() == b""


async def test_a_reply_that_is_closed_early_drops_its_connection(
    pool: Pool, provider: Provider
) -> None:
    provider.script(script.stream([b"one", asyncio.Event()]))
    response = await send(pool, provider.url)
    assert await response.read_some() == b"one"
    response.close()
    response.close()
    assert await (await provider.received()).ended() == "closed"


async def test_a_reply_that_was_read_gives_its_connection_back(pool: Pool) -> None:
    async with counting_server() as (url, connections):
        for _ in range(3):
            response = await send(pool, url)
            assert await response.read_all() == b"{}"
            response.close()
        for _ in range(3):
            response = await send(pool, url)
            assert await read_pieces(response) == [b"{}"]
            response.close()
    assert len(connections) == 1


async def test_a_connection_that_was_closed_in_idleness_is_not_used_again(pool: Pool) -> None:
    async with counting_server(hang_up=True) as (url, connections):
        for _ in range(3):
            response = await send(pool, url)
            assert await response.read_all() == b"{}"
            await connections[-1].wait()
    assert len(connections) == 3


async def test_a_header_that_breaks_out_of_its_line_is_not_sent(
    pool: Pool, provider: Provider
) -> None:
    with pytest.raises(GatewayError, match="the header 'x-api-key' holds a line break") as caught:
        await send(pool, provider.url, x_api_key="sk-1\r\nx-evil: 1")
    assert (caught.value.kind, caught.value.where) == (Kind.UPSTREAM_DOWN, provider.url)
    assert "sk-1" not in str(caught.value) and not provider.requests


async def test_credentials_in_the_url_are_sent_as_basic_authorization(
    pool: Pool, provider: Provider
) -> None:
    await (await send(pool, provider.url.replace("//", "//user:pass@"))).read_all()
    assert (await provider.received()).headers["authorization"] == "Basic dXNlcjpwYXNz"


async def test_a_redirect_is_not_followed(pool: Pool, provider: Provider) -> None:
    provider.script(script.empty(307))
    response = await send(pool, provider.url)
    assert response.status == 307
    assert len(provider.requests) == 1


async def test_cookies_are_not_kept(pool: Pool, provider: Provider) -> None:
    provider.always(script.json_reply({}, headers={"Set-Cookie": "session=1; Path=/"}))
    for _ in range(2):
        await (await send(pool, provider.url)).read_all()
    assert "cookie" not in (await provider.received(2)).headers


async def test_a_reply_is_opened_if_it_comes_compressed_all_the_same(
    pool: Pool, provider: Provider
) -> None:
    body = gzip.compress(b'{"ok":true}')
    provider.script(script.body_reply(body, headers={"content-encoding": "gzip"}))
    assert await (await send(pool, provider.url)).read_all() == b'{"ok":true}'


async def test_a_refused_connection_is_the_providers_failure(
    pool: Pool, provider: Provider
) -> None:
    await provider.refuse()
    with pytest.raises(GatewayError, match="could not reach") as caught:
        await send(pool, f"{provider.url}/v1/x?key=sk-secret")
    assert (caught.value.kind, caught.value.where) == (Kind.UPSTREAM_DOWN, provider.url)
    assert "sk-secret" not in str(caught.value)


async def test_a_reset_is_the_providers_failure(pool: Pool, provider: Provider) -> None:
    provider.script(script.reset())
    with pytest.raises(GatewayError, match="the connection broke") as caught:
        await send(pool, provider.url)
    assert caught.value.kind is Kind.UPSTREAM_DOWN
    assert len(provider.requests) == 1  # a new connection: the request is not sent twice


async def test_what_fails_on_idle_connections_is_sent_once_more_and_not_oftener(
    pool: Pool, provider: Provider
) -> None:
    gate = asyncio.Event()
    provider.script(*(script.stalled(gate) for _ in range(3)))
    opening = [asyncio.ensure_future(send(pool, provider.url)) for _ in range(3)]
    await provider.received(3)
    gate.set()
    for response in await asyncio.gather(*opening):
        await response.read_all()
    provider.always(script.reset())
    with pytest.raises(GatewayError, match="the connection broke"):
        await send(pool, provider.url)
    assert len(provider.requests) == 3 + 2


@pytest.mark.parametrize("ending", ["cut", "reset"])
@pytest.mark.parametrize("piecewise", [False, True])
async def test_a_reply_that_breaks_off_is_the_providers_failure(
    pool: Pool, provider: Provider, ending: script.Ending, piecewise: bool
) -> None:
    provider.script(script.stream([b"one"], ending=ending))
    response = await send(pool, provider.url)
    with pytest.raises(GatewayError, match="the connection broke") as caught:
        await (read_pieces(response) if piecewise else response.read_all())
    response.close()
    assert caught.value.kind is Kind.UPSTREAM_DOWN


async def test_a_closed_reply_that_is_read_holds_no_call_in_memory(
    pool: Pool, provider: Provider
) -> None:
    # What hangs on a failure stays as long as that; the frames of a call hold its whole body.
    provider.script(script.gated([b"first"], asyncio.Event()))
    response = await send(pool, provider.url)
    assert await response.read_some() == b"first"
    response.close()
    with pytest.raises(GatewayError) as caught:
        await response.read_some()
    cause = caught.value.__cause__
    assert cause is not None and cause.__traceback__ is None


async def test_a_certificate_that_nobody_vouches_for_is_refused(pool: Pool) -> None:
    async with Provider(tls=Authority().server_context("127.0.0.1")) as provider:
        with pytest.raises(GatewayError, match="its certificate was not accepted") as caught:
            await send(pool, provider.url)
        assert not provider.requests
    assert caught.value.kind is Kind.UPSTREAM_DOWN


async def test_an_authority_that_users_add_is_trusted(tmp_path: Path) -> None:
    authority = Authority()
    async with Provider(tls=authority.server_context("127.0.0.1")) as provider:
        own = Pool(authority.client_context())
        response = await send(own, f"{provider.url}/v1/chat/completions")
        assert response.status == 200
        response.close()
        await own.close()


@pytest.mark.parametrize("url", ["oauth://claude", "no url at all", "http://", "http://[::1"])
async def test_an_address_that_is_none_is_a_failure_not_a_crash(pool: Pool, url: str) -> None:
    with pytest.raises(GatewayError) as caught:
        await send(pool, url)
    assert caught.value.kind is Kind.UPSTREAM_DOWN


async def test_the_embedded_provider_answers_without_a_network(pool: Pool) -> None:
    asked = {"model": "demo", "messages": [{"role": "user", "content": "Hi"}]}
    whole = await send(pool, f"{EMBEDDED}demo/chat/completions", dump(asked))
    assert (whole.status, whole.headers["content-type"]) == (200, "application/json")
    assert parse_object(await whole.read_all())["object"] == "chat.completion"
    whole.close()
    stream = await send(pool, f"{EMBEDDED}demo/chat/completions", dump({**asked, "stream": True}))
    assert stream.headers["content-type"] == "text/event-stream"
    assert (await read_pieces(stream))[-1].endswith(b"data: [DONE]\n\n")
    stream.close()


async def test_an_embedded_stream_that_is_closed_says_no_more(pool: Pool) -> None:
    asked = {"model": "demo", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
    stream = await send(pool, f"{EMBEDDED}demo/chat/completions", dump(asked))
    assert await stream.read_some()
    stream.close()
    assert await stream.read_some() == b""


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://api.openai.com/v1/x?key=sk-1", "https://api.openai.com"),
        ("http://user:sk-1@host:8080/v1", "http://host:8080"),
        ("http://[::1]:80?key=sk-1", "http://[::1]:80"),
        ("embedded://demo/chat", "embedded://demo"),
    ],
)
def test_what_is_shown_of_an_address_never_holds_a_secret(url: str, shown: str) -> None:
    assert origin(url) == shown


@asynccontextmanager
async def counting_server(
    *, hang_up: bool = False
) -> AsyncIterator[tuple[str, list[asyncio.Event]]]:
    """A server that notes its connections; an event tells that one is closed."""
    connections: list[asyncio.Event] = []
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(asyncio.Event())
        writers.append(writer)
        while await reader.readuntil(b"\r\n\r\n{}"):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            await writer.drain()
            if hang_up:
                writer.close()
                connections[-1].set()
                return

    async def quietly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await serve(reader, writer)

    server = await asyncio.start_server(quietly, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/", connections
    finally:
        server.close()
        for writer in writers:
            writer.close()
        await server.wait_closed()
