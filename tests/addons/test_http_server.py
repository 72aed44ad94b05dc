"""Connections: requests in order, limits, slow and leaving clients."""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import override

import pytest

from plexus.addons.http_server import HttpServer, Patience
from plexus.addons.incoming import Incoming
from plexus.addons.reply_writer import ReplyWriter
from plexus.transforms.errors import GatewayError
from plexus.transforms.wire import parse_object
from tests.addons.raw import exchange_bytes

PATIENCE_S = 10
CANARY = b"sk-canary-4f9c2b7a"
CLOSE = b"Connection: close\r\n"

type Handle = Callable[[Incoming, ReplyWriter], Awaitable[None]]


async def echo(incoming: Incoming, writer: ReplyWriter) -> None:
    try:
        body = await incoming.read()
    except GatewayError as error:
        writer.whole(error.status, b"", error.message.encode())
        return
    writer.whole(200, b"", b"<%b:%b>" % (incoming.target, body))


@asynccontextmanager
async def serving(
    handle: Handle = echo, patience: Patience | None = None
) -> AsyncIterator[tuple[HttpServer, int]]:
    http = HttpServer(handle, patience)
    server = await asyncio.get_running_loop().create_server(http, "127.0.0.1", 0)
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield http, server.sockets[0].getsockname()[1]
    finally:
        await http.close(0.01)
        server.close()


def post(target: bytes = b"/", body: bytes = b"", headers: bytes = b"") -> bytes:
    head = b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n%b\r\n"
    return head % (target, len(body), headers) + body


def chunked(*parts: bytes, headers: bytes = b"", ending: bytes = b"0\r\n\r\n") -> bytes:
    body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
    return (
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n%b\r\n" % headers
        + body
        + ending
    )


@pytest.mark.parametrize(
    "request_bytes",
    [post(b"/a", b"body", CLOSE), chunked(b"bo", b"dy", headers=CLOSE).replace(b" / ", b" /a ")],
)
async def test_a_request_is_the_same_however_it_arrives(request_bytes: bytes) -> None:
    async with serving() as (_, port):
        for at in range(1, len(request_bytes)):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request_bytes[:at])
            await asyncio.sleep(0)
            writer.write(request_bytes[at:])
            assert (await reader.read()).endswith(b"\r\n\r\n</a:body>")
            writer.close()


async def test_requests_that_do_not_wait_are_answered_in_order() -> None:
    async def slow(incoming: Incoming, writer: ReplyWriter) -> None:
        await asyncio.sleep(0)
        await echo(incoming, writer)

    many = b"".join(post(b"/%d" % n, b"x" * n * 40) for n in range(60))
    async with serving(slow) as (_, port):
        for at in (1, len(many) // 3, len(many)):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(many[:at])
            await asyncio.sleep(0)
            writer.write(many[at:] + post(b"/last", b"", CLOSE))
            reply = await reader.read()
            places = [reply.index(b"</%d:" % n) for n in range(60)]
            assert places == sorted(places) and reply.endswith(b"</last:>")
            writer.close()


@pytest.mark.parametrize(
    "bad",
    [
        b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        b"POST / HTTP/1.1\nHost: x\n\n",
        b"POST / HTTP/1.1\r\nA: b\n\r\n",
        b"POST / HTTP/1.1\r\nA: b\r\n c\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length : 3\r\n\r\nabc",
        b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/2.0\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nA: %b\x01\r\n\r\n" % CANARY,
        b"POST /?key=%b\xff HTTP/1.1\r\n\r\n" % CANARY,
        b"PO ST /?key=%b HTTP/1.1\r\n\r\n" % CANARY,
        b"POST / HTTP/1.1\r\nA: %b\r\n\r\n" % (CANARY * 4000),
        b"POST / HTTP/1.1\r\nHost: y\r\n\r\n",
        b"POST / HTTP/1.1\r\n%b\r\n" % (b"A: b\r\n" * 129),
    ],
)
async def test_a_malformed_request_is_refused_and_neither_quoted_nor_logged(
    bad: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    bad = bad.replace(b" HTTP/1.1\r\n", b" HTTP/1.1\r\nHost: x\r\n")
    async with serving() as (_, port):
        reply = await exchange_bytes(port, post(b"/good") + bad)
    good, _, refusal = reply.partition(b"</good:>")
    head, _, body = refusal.partition(b"\r\n\r\n")
    assert good.startswith(b"HTTP/1.1 200 OK") and b" 400 " in head and b"Connection: close" in head
    error = parse_object(body)["error"]
    assert isinstance(error, dict) and "not well-formed" in str(error["message"])
    assert CANARY not in reply and CANARY.decode() not in caplog.text
    assert "request.malformed" in caplog.text


@pytest.mark.parametrize("body", [b"abc", b"POST /smuggled HTTP/1.1\r\n\r\n"])
async def test_an_upgrade_is_not_made_and_hides_no_body(body: bytes) -> None:
    upgrade = b"Connection: Upgrade\r\nUpgrade: h2c\r\n"
    async with serving() as (_, port):
        many = post(b"/a", body, upgrade) * 300 + chunked(body, headers=upgrade)
        reply = await exchange_bytes(port, many + post(b"/b", b"", CLOSE))
    assert reply.count(b"HTTP/1.1 200 OK") == 302
    assert reply.count(b":%b>" % body) == 301 and reply.endswith(b"</b:>")


async def test_a_body_over_the_limit_is_refused_by_its_length_and_as_it_comes() -> None:
    async with serving() as (_, port):
        told = b"Content-Length: 99999999\r\nExpect: 100-continue\r\n\r\n"
        reply = await exchange_bytes(port, b"POST / HTTP/1.1\r\nHost: x\r\n" + told)
        assert reply.startswith(b"HTTP/1.1 413 ") and b"Connection: close" in reply
        found = chunked(*[bytes(1 << 20)] * 31, headers=CLOSE)
        assert (await exchange_bytes(port, found)).startswith(b"HTTP/1.1 413 ")


async def test_an_invited_body_is_read() -> None:
    async with serving() as (_, port):
        reply = await exchange_bytes(port, post(b"/", b"x", CLOSE + b"Expect: 100-Continue\r\n"))
    assert reply.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")


async def test_an_old_client_gets_a_stream_without_chunks() -> None:
    async def stream(incoming: Incoming, writer: ReplyWriter) -> None:
        writer.begin(200, b"")
        await writer.write(b"one")
        await writer.write(b"two")
        writer.end()

    async with serving(stream) as (_, port):
        keep = b"POST / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
        old = await exchange_bytes(port, keep)
        new = await exchange_bytes(port, post(headers=CLOSE))
    assert old.startswith(b"HTTP/1.0 200 OK") and old.endswith(b"\r\n\r\nonetwo")
    assert new.endswith(b"\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")


async def test_a_client_that_does_not_read_stops_the_writer_and_one_that_leaves_cancels_it() -> (
    None
):
    state = {"written": 0}
    ended, stuck = asyncio.Event(), asyncio.Event()

    class Told(asyncio.Protocol):
        @override
        def pause_writing(self) -> None:
            stuck.set()

    async def endless(incoming: Incoming, writer: ReplyWriter) -> None:
        writer.begin(200, b"")
        writer.lent_to = Told()
        try:
            while True:
                await writer.write(bytes(1 << 16))
                state["written"] += 1 << 16
                if writer.transport.get_write_buffer_size() > 1 << 18:
                    raise AssertionError("it did not wait")
        finally:
            ended.set()

    async with serving(endless) as (server, port):
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, limit=1024
        )  # bytes that the client itself takes in ahead
        writer.write(post())
        await reader.readexactly(10)
        await stuck.wait()
        assert state["written"] < 64 << 20
        writer.transport.abort()
        await ended.wait()
        assert not server.connections


@pytest.mark.parametrize("sent", [b"", post(), b"POST / HT"])
async def test_a_connection_on_which_nothing_comes_is_closed(sent: bytes) -> None:
    async with serving(patience=Patience(idle_s=0.02, head_s=0.02)) as (_, port):
        assert (await exchange_bytes(port, sent)).endswith(b"</:>" if sent == post() else b"")


async def test_a_head_that_comes_byte_by_byte_is_not_waited_for_for_ever() -> None:
    async with serving(patience=Patience(head_s=0.05)) as (server, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        ended = asyncio.ensure_future(reader.read())
        writer.write(b"POST / HTTP/1.1\r\nA: ")
        while not ended.done():
            writer.write(b"b")
            await asyncio.wait([ended], timeout=0.005)
        assert not server.connections
        writer.close()


async def test_a_body_that_nobody_reads_is_dropped_and_the_next_request_served() -> None:
    async def refuse(incoming: Incoming, writer: ReplyWriter) -> None:
        writer.whole(401, b"", b"no")

    async with serving(refuse) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(post(b"/", b"x" * 100)[:-50])
        await reader.readuntil(b"no")
        writer.write(b"x" * 50 + post(b"/", b"", CLOSE))
        assert (await reader.read()).startswith(b"HTTP/1.1 401 ")
        writer.close()


async def test_a_connection_that_waits_keeps_no_body_and_one_that_ended_leaves_no_circle() -> None:
    served: list[Incoming] = []

    async def handle(incoming: Incoming, writer: ReplyWriter) -> None:
        await echo(incoming, writer)
        served.append(incoming)

    gc.disable()  # what is left must go without it
    try:
        async with serving(handle) as (http, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(post(body=b"words"))
            await reader.readuntil(b":words>")
            await asyncio.sleep(0)
            assert served[0]._parts == []
            kept = weakref.ref(next(iter(http.connections))._parser)
            writer.close()
            for _ in range(1_000):
                if http.connections:
                    await asyncio.sleep(0)
        served.clear()
        assert kept() is None
    finally:
        gc.enable()


async def test_stopping_closes_what_is_idle_and_the_rest_after_its_reply() -> None:
    going, go = asyncio.Event(), asyncio.Event()

    async def wait(incoming: Incoming, writer: ReplyWriter) -> None:
        if incoming.target == b"/wait":
            going.set()
            await go.wait()
        await echo(incoming, writer)

    async with serving(wait) as (server, port):
        idle = await asyncio.open_connection("127.0.0.1", port)
        idle[1].write(post())
        await idle[0].readuntil(b"</:>")
        busy = asyncio.ensure_future(exchange_bytes(port, post(b"/wait") + post(b"/never")))
        await going.wait()
        server.stop_idle()
        assert await idle[0].read() == b""
        idle[1].close()
        go.set()
        reply = await busy
    assert reply.endswith(b"</wait:>") and b"Connection: close" in reply


async def test_a_crash_is_logged_and_tells_the_client_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def crash(incoming: Incoming, writer: ReplyWriter) -> None:
        raise RuntimeError("secret detail")

    async with serving(crash) as (_, port):
        reply = await exchange_bytes(port, post())
    assert reply.startswith(b"HTTP/1.1 500 ") and b"secret detail" not in reply
    assert "secret detail" in caplog.text


async def test_a_call_that_was_killed_is_cut() -> None:
    async def kill(incoming: Incoming, writer: ReplyWriter) -> None:
        raise ConnectionResetError("killed")

    async with serving(kill) as (_, port):
        assert await exchange_bytes(port, post()) == b""
