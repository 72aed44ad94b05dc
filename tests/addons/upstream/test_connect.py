"""Getting through to a provider, and what is said if that fails."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable

import pytest

from plexus.addons.upstream.address import parse_address
from plexus.addons.upstream.connect import open_connection
from plexus.addons.upstream.connection import Connection
from plexus.addons.upstream.names import Infos, Names, ask_system
from plexus.addons.upstream.pool import Connections
from plexus.transforms.errors import GatewayError, Kind
from tests.addons.upstream.both_loops import event_loop_policy
from tests.addons.upstream.raw_server import PATIENCE, Peer, raw_server
from tests.fakes.tls import Authority

__all__ = ["event_loop_policy"]

type Ask = Callable[[str, int], Awaitable[Infos]]


async def opened(
    url: str, *, ask: Ask = ask_system, tls: ssl.SSLContext | None = None, patience_s: float = 10
) -> Connection:
    return await open_connection(
        parse_address(url),
        Names(ask, lambda: 0.0),
        tls or ssl.create_default_context(),
        Connections().make,
        patience_s=patience_s,
    )


def at(*hosts: str) -> Ask:
    """Return a resolver that knows one name."""

    async def ask(_host: str, port: int) -> Infos:
        found: Infos = []
        for host in hosts:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            found.append((family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, port)))
        return found

    return ask


async def waits(peer: Peer) -> None:
    await peer.left()


@pytest.mark.parametrize("is_tls", [False, True], ids=["plain", "tls"])
async def test_a_caller_who_leaves_just_when_it_is_connected_leaves_nothing_behind(
    is_tls: bool,
) -> None:
    authority, made, tasks = Authority(), Connections(), list[asyncio.Task[Connection]]()

    class Untimely(Connection):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            tasks[0].cancel()

    server_tls = authority.server_context("127.0.0.1") if is_tls else None
    async with raw_server(waits, tls=server_tls) as server:
        opening = open_connection(
            parse_address(server.url),
            Names(ask_system, lambda: 0.0),
            authority.client_context(),
            lambda place: Untimely(place, made),
        )
        tasks.append(asyncio.ensure_future(opening))
        with pytest.raises(asyncio.CancelledError):
            await tasks[0]
        assert made._all == set()


async def test_it_connects_without_delay_of_small_writes() -> None:
    async with raw_server(waits) as server:
        connection = await opened(server.url)
        sock = connection._transport.get_extra_info("socket")
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        connection.drop()
        await asyncio.wait_for(server.peers[0].gone.wait(), PATIENCE)


async def test_it_connects_to_an_address_of_ip_version_6() -> None:
    if not has_ipv6():
        pytest.skip("this machine has no IPv6 loopback")
    tls = Authority()
    async with raw_server(waits, host="::1", tls=tls.server_context("::1")) as server:
        (await opened(server.url, tls=tls.client_context())).drop()


async def test_a_dead_address_among_living_ones_does_no_harm() -> None:
    async with raw_server(waits) as server:
        port = server.url.rpartition(":")[2]
        (await opened(f"http://a.test:{port}", ask=at("127.0.0.2", "127.0.0.1"))).drop()


@pytest.mark.parametrize("host", ["a.test", "a.test.", "bücher.test"])
async def test_the_name_is_checked_against_the_certificate(host: str) -> None:
    authority = Authority()
    named = authority.server_context("a.test", "xn--bcher-kva.test")
    async with raw_server(waits, tls=named) as server:
        url = f"https://{host}:{server.url.rpartition(':')[2]}"
        (await opened(url, ask=at("127.0.0.1"), tls=authority.client_context())).drop()


@pytest.mark.parametrize("host", ["b.test", "127.0.0.1"])
async def test_a_certificate_of_somebody_else_is_told_apart(host: str) -> None:
    authority = Authority()
    async with raw_server(waits, tls=authority.server_context("a.test")) as server:
        url = f"https://{host}:{server.url.rpartition(':')[2]}"
        with pytest.raises(GatewayError, match=r"its certificate was not accepted: .*mismatch"):
            await opened(url, ask=at("127.0.0.1"), tls=authority.client_context())


async def test_a_refused_connection_is_said_in_the_systems_words() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(GatewayError, match=r"no connection: .*(refused|[Cc]onnect)") as caught:
            await opened(url)
    assert (caught.value.kind, caught.value.where) == (Kind.UPSTREAM_DOWN, url)


async def test_a_name_that_nobody_knows_is_no_connection() -> None:
    async def unknown(_host: str, _port: int) -> Infos:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(GatewayError, match="no connection: Name or service not known"):
        await opened("http://a.test", ask=unknown)


async def test_a_server_that_speaks_no_tls_is_no_connection() -> None:
    async def serve(peer: Peer) -> None:
        await peer.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await peer.left()

    async with raw_server(serve) as server:
        with pytest.raises(GatewayError, match="no connection: ") as caught:
            await opened(server.url.replace("http:", "https:"))
        assert caught.value.kind is Kind.UPSTREAM_DOWN


async def test_a_server_that_never_greets_is_late() -> None:
    async with raw_server(waits) as server:
        url = server.url.replace("http:", "https:")
        with pytest.raises(GatewayError, match="did not answer in time") as caught:
            await opened(url, patience_s=0.1)
        assert (caught.value.kind, caught.value.where) == (Kind.UPSTREAM_TIMEOUT, url)
        await asyncio.wait_for(server.peers[0].gone.wait(), PATIENCE)


async def test_the_kernels_own_timeout_is_no_connection() -> None:
    async def unreachable(_host: str, _port: int) -> Infos:
        raise TimeoutError(110, "Connection timed out")

    with pytest.raises(GatewayError, match="no connection: Connection timed out"):
        await opened("http://a.test", ask=unreachable)


async def test_one_who_gives_up_leaves_no_connection_behind() -> None:
    async with raw_server(waits) as server:
        opening = asyncio.ensure_future(opened(server.url.replace("http:", "https:")))
        while not server.peers:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        await asyncio.wait_for(server.peers[0].gone.wait(), PATIENCE)


def has_ipv6() -> bool:
    """Whether ::1 can be listened on."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True
