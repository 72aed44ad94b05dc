"""Which connection a call gets, and how long one waits for the next."""

import asyncio
import ssl

from plexus.addons.upstream.address import Address, parse_address
from plexus.addons.upstream.connect import open_connection
from plexus.addons.upstream.connection import Connection
from plexus.addons.upstream.names import Names, ask_system
from plexus.addons.upstream.pool import Connections
from tests.addons.upstream.both_loops import event_loop_policy
from tests.addons.upstream.raw_server import PATIENCE, Peer, always, raw_server, whole

__all__ = ["event_loop_policy"]


async def opened(connections: Connections, address: Address) -> Connection:
    names = Names(ask_system, lambda: 0.0)
    return await open_connection(address, names, ssl.create_default_context(), connections.make)


async def call(connection: Connection, address: Address) -> None:
    reply = await connection.ask(
        address, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", b""
    )
    assert reply is not None and await reply.read_all() == b"{}"


async def listening(peer: Peer) -> None:
    await always(whole(b"{}"))(peer)
    peer.gone.set()


async def served_once_each(peer: Peer) -> None:
    await peer.request()
    await peer.say(whole(b"{}"))
    await peer.left()


async def test_the_connection_that_was_used_last_is_used_first() -> None:
    async with raw_server(listening) as server:
        address = parse_address(server.url)
        connections = Connections()
        first, second = [await opened(connections, address) for _ in range(2)]
        assert connections.take(address.place) is None
        await call(second, address)
        await call(first, address)
        assert connections.take(address.place) is first
        assert connections.take(address.place) is second
        assert connections.take(address.place) is None
        connections.close()


async def test_a_connection_is_for_one_place() -> None:
    async with raw_server(listening) as server, raw_server(listening) as other:
        address = parse_address(server.url)
        connections = Connections()
        await call(await opened(connections, address), address)
        assert connections.take(parse_address(other.url).place) is None
        assert connections.take((True, *address.place[1:])) is None
        assert connections.take(address.place) is not None
        connections.close()


async def test_what_was_idle_for_too_long_is_closed_and_the_rest_later() -> None:
    async with raw_server(served_once_each) as server:
        address = parse_address(server.url)
        connections = Connections(idle_s=0.1)
        for _ in range(3):
            await call(await opened(connections, address), address)
            await asyncio.sleep(0.03)
        for peer in server.peers:
            await asyncio.wait_for(peer.gone.wait(), PATIENCE)
        assert connections.take(address.place) is None
        await call(await opened(connections, address), address)
        await asyncio.wait_for(server.peers[3].gone.wait(), PATIENCE)


async def test_closing_drops_idle_and_busy_ones_and_keeps_nothing_after() -> None:
    async with raw_server(served_once_each) as server:
        address = parse_address(server.url)
        connections = Connections()
        idle = await opened(connections, address)
        await opened(connections, address)
        late = await opened(connections, address)
        await call(idle, address)
        connections.close()
        connections.keep(late)
        for peer in server.peers[:1]:
            await asyncio.wait_for(peer.gone.wait(), PATIENCE)
        assert connections.take(address.place) is None
