"""HTTP/1.1 over raw sockets: servers that are right, odd, slow, wrong, or gone."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable

import pytest

from plexus.addons.upstream.address import parse_address
from plexus.addons.upstream.client import Pool, Response
from plexus.addons.upstream.connection import MOST_HEAD, Connection
from plexus.addons.upstream.pool import Connections
from plexus.addons.upstream.reply import Reply
from plexus.transforms.errors import GatewayError
from tests.addons.upstream.both_loops import event_loop_policy
from tests.addons.upstream.raw_server import (
    PATIENCE,
    Peer,
    RawServer,
    always,
    once,
    raw_server,
    whole,
)
from tests.fakes.tls import Authority

__all__ = ["event_loop_policy"]

LARGE = bytes(range(256)) * 4 * 2**10  # 1 MiB
BROKEN = "the connection broke: "


class Client:
    """A pool that trusts the server of the test."""

    def __init__(self, *, secure: bool) -> None:
        authority = Authority()
        self.server_tls = authority.server_context("127.0.0.1") if secure else None
        self.pool = Pool(authority.client_context())

    async def send(self, server: RawServer, body: bytes = b"{}") -> Response:
        async with asyncio.timeout(PATIENCE):
            return await self.pool.send(f"{server.url}/v1", {"accept": "*/*"}, body, "id-1")

    async def body(self, server: RawServer, body: bytes = b"{}") -> bytes:
        response = await self.send(server, body)
        async with asyncio.timeout(PATIENCE):
            data = await response.read_all()
        response.close()
        return data


@pytest.fixture(params=[False, True], ids=["plain", "tls"])
async def client(request: pytest.FixtureRequest) -> AsyncIterator[Client]:
    opened = Client(secure=request.param)
    yield opened
    await opened.pool.close()


@pytest.mark.parametrize(
    ("reply", "status", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, b"{}"),
        (b"HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n", 200, b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, b""),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}", 200, b"{}"),
        (b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}", 200, b"{}"),
        (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
            b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nab",
            201,
            b"ab",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"3;name=value\r\nabc\r\n5 \r\ndefgh\r\n0\r\nX-Sum: 1\r\n\r\n",
            200,
            b"abcdefgh",
        ),
    ],
)
@pytest.mark.parametrize("bytewise", [False, True])
async def test_replies_are_understood_and_their_connection_is_used_again(
    client: Client, reply: bytes, status: int, body: bytes, *, bytewise: bool
) -> None:
    async def serve(peer: Peer) -> None:
        while True:
            await peer.request()
            for at in range(0, len(reply), 1 if bytewise else len(reply)):
                await peer.say(reply[at : at + 1] if bytewise else reply)
                await asyncio.sleep(0)

    async with raw_server(serve, tls=client.server_tls) as server:
        for _ in range(3):
            response = await client.send(server)
            assert (response.status, await response.read_all()) == (status, body)
            assert "x-sum" not in response.headers and "link" not in response.headers
        assert len(server.peers) == 1


@pytest.mark.parametrize(
    ("reply", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}", b"{}"),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", b"{}"),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", b"until the end"),
        (b"HTTP/1.0 200 OK\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: odd\r\n\r\nuntil the end", b"until the end"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}garbage", b"{}"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\n", b"{}"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" * 2, b"{}"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}x", b"{}"),
    ],
)
async def test_a_connection_that_cannot_go_on_is_not_used_again(
    client: Client, reply: bytes, body: bytes
) -> None:
    async with raw_server(once(reply), tls=client.server_tls) as server:
        for _ in range(2):
            assert await client.body(server) == body
        assert len(server.peers) == 2


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (b"", "the server hung up"),
        (b"HTTP/1.1 200 O", "the server hung up"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfour", "the server hung up"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfo", "the server hung up"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "the server hung up"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "this is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", "this is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "this is not"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "this is not HTTP"),
        (b"\x00\x01\x02\x03", "this is not HTTP"),
        (
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
            "this is not HTTP",
        ),
        (b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 2 * MOST_HEAD, "longer than 64 KiB"),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * MOST_HEAD, "longer than 64 KiB"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000, "longer than 64 KiB"),
    ],
)
async def test_what_is_no_whole_reply_is_the_providers_failure(
    client: Client, reply: bytes, why: str
) -> None:
    async with raw_server(once(reply), tls=client.server_tls) as server:
        with pytest.raises(GatewayError, match=BROKEN + f".*{why}") as caught:
            await client.body(server)
        assert caught.value.where == server.url
        assert len(server.peers) == 1  # a fresh connection: nothing is sent twice


async def test_a_head_too_large_is_refused_though_it_comes_at_once() -> None:
    connections = Connections()
    connection = connections.make((False, "a.test", 80))
    connection.connection_made(Silent())
    asking = asyncio.ensure_future(connection.ask(parse_address("http://a.test"), b"", b""))
    await asyncio.sleep(0)
    lines = b"".join(b"X-%d: %s\r\n" % (i, b"a" * 100) for i in range(700))
    connection.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + lines + b"\r\n")
    assert await asking is None
    assert connection.heard > MOST_HEAD


async def test_of_repeated_headers_the_last_counts_and_odd_letters_are_kept(
    client: Client,
) -> None:
    reply = whole(b"{}", "X-Odd: 1", "x-odd: 2", "X-Name: Zoë", "X-Empty:")
    async with raw_server(always(reply), tls=client.server_tls) as server:
        response = await client.send(server)
        assert response.headers == {
            "content-length": "2", "x-odd": "2", "x-name": "Zoë", "x-empty": "",
        }  # fmt: skip


async def test_head_and_body_leave_in_one_piece(client: Client) -> None:
    async with raw_server(always(whole(b"{}")), tls=client.server_tls) as server:
        await client.body(server, b'{"a":1}')
        head = "POST /v1 HTTP/1.1\r\naccept: */*\r\nHost: {}\r\nContent-Length: 7\r\n\r\n"
        expected = head.format(server.url.partition("://")[2])
        assert server.peers[0].requests == [(expected, b'{"a":1}')]


@pytest.mark.parametrize("size", [2**16, 2**16 + 1, 2**18 + 1, 30 * 2**20])
async def test_bodies_of_any_size_arrive_whole(client: Client, size: int) -> None:
    body = (LARGE * 30)[:size]
    async with raw_server(always(whole(b"{}")), tls=client.server_tls) as server:
        assert await client.body(server, body) == b"{}"
        assert await client.body(server, b"small") == b"{}"
        (peer,) = server.peers
        assert [sent for _, sent in peer.requests] == [body, b"small"]


@pytest.mark.parametrize("closes", [False, True])
async def test_an_answer_that_comes_before_the_request_is_read_counts(
    client: Client, *, closes: bool
) -> None:
    async def serve(peer: Peer) -> None:
        await peer.reader.readuntil(b"\r\n\r\n")
        await peer.say(b"HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n\r\nlong")
        if not closes:
            await peer.left()

    async with raw_server(serve, tls=client.server_tls) as server:
        response = await client.send(server, LARGE * 30)
        assert (response.status, await response.read_all()) == (413, b"long")
        response.close()
        if not closes:  # half a request is under way: there is no second one on it
            await asyncio.wait_for(server.peers[0].gone.wait(), PATIENCE)


async def test_a_stream_gives_at_once_all_that_has_come(client: Client) -> None:
    more = asyncio.Event()

    async def serve(peer: Peer) -> None:
        await peer.request()
        chunks = b"1\r\na\r\n1\r\nb\r\n"
        await peer.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
        await more.wait()
        await peer.say(chunks + b"0\r\n\r\n")
        await peer.left()

    async with raw_server(serve, tls=client.server_tls) as server:
        response = await client.send(server)
        assert await response.read_some() == b"ab"
        more.set()
        assert await response.read_some() == b"ab"
        assert await response.read_some() == b""


async def test_nothing_more_is_taken_while_nobody_reads(client: Client) -> None:
    sent = 0
    stuck = asyncio.Event()

    async def serve(peer: Peer) -> None:
        nonlocal sent
        await peer.request()
        await peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (64 * len(LARGE)))
        for _ in range(64):
            peer.writer.write(LARGE)
            sent += len(LARGE)
            try:
                await asyncio.wait_for(peer.writer.drain(), 0.2)
            except TimeoutError:
                stuck.set()
                await peer.writer.drain()
        await peer.left()

    async with raw_server(serve, tls=client.server_tls) as server:
        response = await client.send(server)
        await asyncio.wait_for(stuck.wait(), PATIENCE)
        assert sent < 32 * len(LARGE)  # the kernel's buffers hold some
        first = await response.read_some()
        assert len(first) < len(LARGE)
        read = len(first)
        while data := await response.read_some():
            read += len(data)
        assert read == 64 * len(LARGE)


async def test_a_large_whole_body_is_not_held_up(client: Client) -> None:
    async with raw_server(always(whole(LARGE * 8)), tls=client.server_tls) as server:
        assert await client.body(server) == LARGE * 8
        assert await client.body(server) == LARGE * 8
        assert len(server.peers) == 1


async def test_a_call_that_is_cancelled_before_its_head_hangs_up(client: Client) -> None:
    async def serve(peer: Peer) -> None:
        await peer.request()
        await peer.left()

    async with raw_server(serve, tls=client.server_tls) as server:
        sending = asyncio.ensure_future(client.send(server))
        await until(lambda: bool(server.peers and server.peers[0].requests))
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await asyncio.wait_for(server.peers[0].gone.wait(), PATIENCE)


@pytest.mark.parametrize("how", ["cancel", "close"])
async def test_a_reply_that_is_given_up_hangs_up(client: Client, how: str) -> None:
    async def serve(peer: Peer) -> None:
        await peer.request()
        await peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
        await peer.left()

    async with raw_server(serve, tls=client.server_tls) as server:
        response = await client.send(server)
        if how == "close":
            response.close()
        else:
            reading = asyncio.ensure_future(response.read_some())
            await asyncio.sleep(0)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
        await asyncio.wait_for(server.peers[0].gone.wait(), PATIENCE)


async def test_calls_under_way_break_when_the_pool_is_closed(client: Client) -> None:
    async def serve(peer: Peer) -> None:
        await peer.request()
        if len(server.peers) == 1:
            await peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
        await peer.left()

    async with raw_server(serve, tls=client.server_tls) as server:
        reading = asyncio.ensure_future((await client.send(server)).read_all())
        asking = asyncio.ensure_future(client.send(server))
        await until(lambda: len(server.peers) == 2 and bool(server.peers[1].requests))
        await client.pool.close()
        for broken in (reading, asking):
            with pytest.raises(GatewayError, match=BROKEN + "the connection was closed"):
                await broken


async def test_one_who_gives_up_late_does_not_take_the_next_callers_connection() -> None:
    connections = Connections()
    connection = connections.make(PLACE)
    transport = Silent()
    connection.connection_made(transport)
    asking = asyncio.ensure_future(connection.ask(ADDRESS, b"", b""))
    await asyncio.sleep(0)
    connection.data_received(whole(b"{}"))
    assert connections.take(PLACE) is connection
    second = asyncio.ensure_future(connection.ask(ADDRESS, b"", b""))
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await asyncio.sleep(0)
    assert not transport.aborted
    connection.data_received(whole(b"[]"))
    reply = await second
    assert reply is not None and await reply.read_all() == b"[]"
    connections.close()


async def test_a_used_connection_that_breaks_before_the_reply_is_replaced_once(
    client: Client,
) -> None:
    async def serve(peer: Peer) -> None:
        await peer.request()
        await peer.say(whole(b"{}"))
        await peer.request()  # and hangs up without a word

    async with raw_server(serve, tls=client.server_tls) as server:
        assert await client.body(server) == b"{}"
        assert await client.body(server, b"second") == b"{}"
        assert [[sent for _, sent in peer.requests] for peer in server.peers] == [
            [b"{}", b"second"],
            [b"second"],
        ]


async def test_a_used_connection_that_breaks_within_the_reply_is_not_replaced(
    client: Client,
) -> None:
    async def serve(peer: Peer) -> None:
        await peer.request()
        await peer.say(whole(b"{}"))
        await peer.request()
        await peer.say(b"HTTP/1.1 200 O")

    async with raw_server(serve, tls=client.server_tls) as server:
        assert await client.body(server) == b"{}"
        with pytest.raises(GatewayError, match=BROKEN + "the server hung up"):
            await client.body(server, b"second")
        assert len(server.peers) == 1


@pytest.mark.parametrize("words", [b"", b"HTTP/1.1 408 Request Timeout\r\n\r\n"])
async def test_an_idle_connection_that_speaks_or_ends_is_dropped(
    client: Client, words: bytes
) -> None:
    async def serve(peer: Peer) -> None:
        await peer.request()
        await peer.say(whole(b"{}"))
        await gate.wait()
        await peer.say(words)
        if words:
            await peer.left()

    gate = asyncio.Event()
    gc.collect()  # what other tests have left
    async with raw_server(serve, tls=client.server_tls) as server:
        assert await client.body(server) == b"{}"
        gate.set()
        await until(lambda: not counted(Connection))
        assert await client.body(server) == b"{}"
        assert len(server.peers) == 2


async def test_an_idle_connection_does_not_hold_on_to_what_was_read(client: Client) -> None:
    gc.collect()
    async with raw_server(always(whole(b"{}")), tls=client.server_tls) as server:
        assert await client.body(server) == b"{}"
        await asyncio.sleep(0)  # what woke us up holds it until then
        assert (counted(Connection), counted(Reply)) == (1, 0)


async def test_replies_that_break_off_leave_nothing_behind(client: Client) -> None:
    async def serve(peer: Peer) -> None:
        await peer.request()
        await peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome")
        if len(server.peers) % 2:
            peer.reset()

    async def fail() -> None:
        response = await client.send(server)
        with pytest.raises(GatewayError, match=BROKEN):
            await response.read_all()
        response.close()

    async with raw_server(serve, tls=client.server_tls) as server:
        for _ in range(20):
            await asyncio.gather(*(fail() for _ in range(10)))
    gc.collect()
    gc.disable()
    try:
        async with raw_server(serve, tls=client.server_tls) as server:
            for _ in range(20):
                await asyncio.gather(*(fail() for _ in range(10)))
            await until(lambda: not counted(Connection))
            assert counted(Reply) == 0
    finally:
        gc.enable()


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for something that the loop will bring about."""
    async with asyncio.timeout(PATIENCE):
        while not is_so():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.005)


def counted(kind: type) -> int:
    """How many objects of this kind there are."""
    return sum(type(found) is kind for found in gc.get_objects())


class Silent(asyncio.Transport):
    """A transport to nowhere."""

    def __init__(self) -> None:
        super().__init__()
        self.aborted = False

    def write(self, data: object) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0

    def abort(self) -> None:
        self.aborted = True


ADDRESS = parse_address("http://a.test")
PLACE = ADDRESS.place
