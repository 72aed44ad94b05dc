"""A client that does not read stops its provider: no door piles a stream up, and none is lost."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from enum import StrEnum
from pathlib import Path
from typing import override

import httpx
import pytest

from plexus.transforms.wire import dump
from tests.bench import http2
from tests.bench.doors import connect
from tests.bench.scenario import Scenario
from tests.e2e.processes import chat, chat_body
from tests.e2e.running import PATIENCE_S, Running, running
from tests.fakes import script
from tests.fakes.native import chat as native
from tests.fakes.provider import Provider
from tests.fakes.tls import Authority

PIECE = "~" * 16_000  # a character that nothing else of a stream holds
PIECES = 2_000
MOST_PUSHED = 16_000_000  # of 32 MB, to a client that reads nothing: all buffers on the way
SMALL = 131_072  # bytes of the kernel's buffers at both ends, so that ours show
STREAMS = 20  # of one connection
STANDSTILL = 500  # turns of the loop in which nothing moved

OPENAI, ANTHROPIC = "api.openai.com", "api.anthropic.com"
CONFIG = """
adminKey: admin-secret-for-tests
providers:
  hose:
    api_base_url: {{chat: "{hose}/v1"}}
    api_key: sk-provider-secret
    models: {{big: {{}}}}
  acme:
    api_base_url: {{chat: "{acme}/v1"}}
    api_key: sk-provider-secret
    models: {{big: {{}}}}
models:
  m: {{targets: [{{provider: hose, model: big}}]}}
  other: {{targets: [{{provider: acme, model: big}}]}}
keys:
  app: {{secret: sk-plexus-app}}
intercept:
  mode: {mode}
  default_key: app
  upstream_ca: roots.pem
  hosts:
    api.openai.com: {{connect_to: '127.0.0.1:{port}'}}
    api.anthropic.com: {{}}
"""


class Door(StrEnum):
    """A way in; an observed call goes to its own provider."""

    GATEWAY = "gateway"
    ROUTE = "route"
    ROUTE_H2 = "route-h2"
    OBSERVE = "observe"
    OBSERVE_H2 = "observe-h2"

    @property
    def mode(self) -> str:
        return "observe" if self.startswith("observe") else "route"

    @property
    def is_proxy(self) -> bool:
        return self is not Door.GATEWAY

    @property
    def http2(self) -> bool:
        return self.endswith("-h2")

    @property
    def key(self) -> str:
        return "sk-the-users-own" if self.mode == "observe" else "sk-plexus-app"


class H2First(ssl.SSLContext):
    """httpx offers HTTP/1.1 first, and the first offer is taken."""

    @override
    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        super().set_alpn_protocols(["h2", "http/1.1"])


class Hose:
    """A provider that sends one long stream as fast as it is taken, and counts."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        head, content, *rest = native.stream([PIECE])
        self.frames = [head, *[content] * PIECES, *rest]
        self.pushed = 0  # bytes that left it
        self._tls = tls
        self.port = 0

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Hose]:
        sock = socket.create_server(("127.0.0.1", 0))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL)
        async with await asyncio.start_server(self._answer, sock=sock, ssl=self._tls) as server:
            self.port = server.sockets[0].getsockname()[1]
            yield self

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split()[0]))
        writer.transport.set_write_buffer_limits(SMALL)
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
        )
        for frame in self.frames:
            writer.write(frame)
            await writer.drain()
            self.pushed += len(frame)
        writer.close()

    async def stood_still(self) -> int:
        """The bytes that left it once no more do."""
        pushed, turns = self.pushed, 0
        while turns < STANDSTILL:
            await asyncio.sleep(0)
            turns = turns + 1 if self.pushed == pushed else 0
            pushed = self.pushed
        return pushed


@asynccontextmanager
async def stage(tmp_path: Path, door: Door, acme: Provider) -> AsyncIterator[tuple[Running, Hose]]:
    """A gateway before a hose, and before a provider that is like any other."""
    authority = Authority()
    authority.write_root(tmp_path / "roots.pem")
    tls = authority.server_context(OPENAI) if door.mode == "observe" else None
    async with Hose(tls).open() as hose:
        config = CONFIG.format(hose=hose.url, acme=acme.url, mode=door.mode, port=hose.port)
        async with running(tmp_path, config) as gateway:
            yield gateway, hose


def client_of(gateway: Running, door: Door) -> httpx.AsyncClient:
    """A client with small buffers."""
    trust = H2First(ssl.PROTOCOL_TLS_CLIENT) if door.http2 else ssl.create_default_context()
    trust.load_verify_locations(cafile=str(gateway.data / "ca" / "ca.pem"))
    transport = httpx.AsyncHTTPTransport(
        verify=trust,
        http2=door.http2,
        proxy=httpx.Proxy(gateway.url) if door.is_proxy else None,
        socket_options=[(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)],
    )
    return httpx.AsyncClient(transport=transport, timeout=PATIENCE_S)


@asynccontextmanager
async def reply_of(gateway: Running, door: Door, host: str) -> AsyncIterator[httpx.Response]:
    """The head of a streamed answer, whose client reads no further than it is asked to."""
    path = "/v1/messages" if host == ANTHROPIC else "/v1/chat/completions"
    base = f"https://{host}" if door.is_proxy else gateway.url
    body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
    asked = {"max_tokens": 9} if host == ANTHROPIC else {"stream_options": {"include_usage": True}}
    key = {"authorization": f"Bearer {door.key}"}
    async with (
        client_of(gateway, door) as http,
        http.stream("POST", base + path, headers=key, json=body | asked) as reply,
    ):
        assert reply.status_code == 200
        assert reply.http_version == ("HTTP/2" if door.http2 else "HTTP/1.1")
        assert reply.http_version == ("HTTP/2" if door.http2 else "HTTP/1.1")
        yield reply


@pytest.mark.parametrize("door", Door)
async def test_a_passed_stream_waits_for_its_client_and_comes_whole(
    tmp_path: Path, provider: Provider, door: Door
) -> None:
    async with (
        stage(tmp_path, door, provider) as (gateway, hose),
        reply_of(gateway, door, OPENAI) as reply,
    ):
        await hose.stood_still()
        assert (await chat(gateway.url, model="other")).status_code == 200  # nobody else waits
        assert await hose.stood_still() < MOST_PUSHED
        got = hashlib.sha256()
        async for data in reply.aiter_raw():
            got.update(data)
    assert got.hexdigest() == hashlib.sha256(b"".join(hose.frames)).hexdigest()


@pytest.mark.parametrize("door", [Door.GATEWAY, Door.ROUTE, Door.ROUTE_H2])
async def test_a_translated_stream_waits_for_its_client_and_comes_whole(
    tmp_path: Path, provider: Provider, door: Door
) -> None:
    async with (
        stage(tmp_path, door, provider) as (gateway, hose),
        reply_of(gateway, door, ANTHROPIC) as reply,
    ):
        await hose.stood_still()
        assert (await chat(gateway.url, model="other")).status_code == 200
        assert await hose.stood_still() < MOST_PUSHED
        text, end = 0, b""
        async for data in reply.aiter_raw():
            text += data.count(PIECE[:1].encode())
            end = (end + data)[-200:]
    assert text == PIECES * len(PIECE)
    assert b"message_stop" in end


class Windowed(asyncio.Protocol):
    """An HTTP/2 client that takes all frames, but asks for no more than the first 64 KB until told.

    So do clients that read one of several streams of a connection: the others' windows are closed.
    """

    def __init__(self, body: bytes) -> None:
        call = Scenario(name="", path="/v1/chat/completions", body=body)
        self._request = http2.Requests(call, OPENAI).on(1)
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None
        self._wants_more = False
        self.got = hashlib.sha256()
        self.size = 0
        self.done = asyncio.Event()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        preface = http2.PREFACE + http2.frame(http2.SETTINGS, 0, 0, b"")
        transport.write(preface + self._request)

    @override
    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._received += data
        for frame in http2.take(self._received):
            self._transport.write(http2.answer(frame))
            if frame.kind == http2.DATA:
                self.got.update(frame.payload)
                self.size += len(frame.payload)
                self._open(len(frame.payload))
            if frame.is_refusal or frame.ends_stream:
                self.done.set()

    def read_on(self) -> None:
        """Give back all that was taken of the windows, now and whenever something comes."""
        self._wants_more = True
        self._open(self.size)

    def _open(self, size: int) -> None:
        if self._transport is not None and self._wants_more and size:
            self._transport.write(http2.window(0, size) + http2.window(1, size))


@pytest.mark.parametrize("door", [Door.ROUTE_H2, Door.OBSERVE_H2])
async def test_a_closed_http2_window_stops_the_provider_and_nothing_else(
    tmp_path: Path, provider: Provider, door: Door
) -> None:
    async with stage(tmp_path, door, provider) as (gateway, hose):
        client = Windowed(
            dump({**chat_body(stream=True), "stream_options": {"include_usage": True}})
        )
        transport = await connect(
            lambda: client,
            "proxy-h2",
            gateway.port,
            vendor=OPENAI,
            ca=gateway.data / "ca" / "ca.pem",
        )
        await hose.stood_still()
        assert (await chat(gateway.url, model="other")).status_code == 200
        assert await hose.stood_still() < MOST_PUSHED
        client.read_on()
        async with asyncio.timeout(PATIENCE_S):
            await client.done.wait()
        transport.close()
    assert client.got.hexdigest() == hashlib.sha256(b"".join(hose.frames)).hexdigest()


async def test_slow_streams_of_one_http2_connection_do_not_wait_for_each_other(
    tmp_path: Path, provider: Provider
) -> None:
    gate = asyncio.Event()
    frames = native.stream(["first ", "second"])
    body = chat_body(stream=True, model="other")
    async with stage(tmp_path, Door.ROUTE_H2, provider) as (gateway, _):
        provider.always(script.gated(frames, gate, after=2))
        async with client_of(gateway, Door.ROUTE_H2) as http, AsyncExitStack() as streams:
            for _ in range(STREAMS):
                url = f"https://{OPENAI}/v1/chat/completions"
                begun = http.stream("POST", url, json=body)
                reply = await streams.enter_async_context(begun)
                assert (reply.status_code, reply.http_version) == (200, "HTTP/2")
            gate.set()
            await reply.aread()
    assert b"second" in reply.content
