"""The loopback bridge: a ticket works once, and what nobody fetches is let go."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from plexus.addons.bridge import Bridge
from plexus.addons.exchange import Streamed
from plexus.transforms.transcode import Passthrough
from tests.addons.factories import DIALECTS, exchange
from tests.addons.making import Replying, sse
from tests.fakes.native import chat

FRAMES = chat.stream(["Hel", "lo"])


@pytest.fixture
async def bridge() -> AsyncIterator[Bridge]:
    opened = Bridge()
    await opened.open()
    yield opened
    await opened.close()


def streamed(reply: Replying) -> Streamed:
    return Streamed(
        first=FRAMES[0],
        read=reply.read_some,
        close=reply.close,
        pipe=Passthrough(DIALECTS["chat"], "id"),
        headers={"content-type": "text/event-stream"},
        status=200,
    )


async def fetch(bridge: Bridge, ticket: str) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.get(f"http://127.0.0.1:{bridge.port}/{ticket}")


async def test_a_ticket_fetches_its_stream(bridge: Bridge) -> None:
    call, reply = exchange(stream=True), sse(*FRAMES[1:])
    got = await fetch(bridge, bridge.lend(call, streamed(reply)))
    assert got.content == b"".join(FRAMES)
    assert got.headers["content-type"] == "text/event-stream"
    assert got.headers["x-request-id"] == call.id
    assert call.stop is not None and reply.closed == 1


async def test_a_ticket_works_once(bridge: Bridge) -> None:
    ticket = bridge.lend(exchange(), streamed(sse(*FRAMES[1:])))
    assert (await fetch(bridge, ticket)).status_code == 200
    assert (await fetch(bridge, ticket)).status_code == 404


@pytest.mark.parametrize("ticket", ["", "guessed", "../", "a/b"])
async def test_nothing_else_is_served(bridge: Bridge, ticket: str) -> None:
    reply = sse()
    bridge.lend(exchange(), streamed(reply))
    assert (await fetch(bridge, ticket)).status_code == 404
    assert reply.closed == 0


async def test_tickets_cannot_be_guessed(bridge: Bridge) -> None:
    tickets = {bridge.lend(exchange(), streamed(sse())) for _ in range(100)}
    assert len(tickets) == 100 and min(map(len, tickets)) >= 32


async def test_a_ticket_that_is_revoked_lets_the_provider_go(bridge: Bridge) -> None:
    reply = sse()
    ticket = bridge.lend(exchange(), streamed(reply))
    bridge.revoke(ticket)
    bridge.revoke(ticket)
    assert reply.closed == 1
    assert (await fetch(bridge, ticket)).status_code == 404


async def test_whoever_fetches_and_leaves_closes_the_provider(bridge: Bridge) -> None:
    closed = asyncio.Event()
    reply = sse()
    reply.steps = [asyncio.Event()]
    stream = streamed(reply)
    stream.close = closed.set
    ticket = bridge.lend(exchange(), stream)
    async with (
        httpx.AsyncClient() as client,
        client.stream("GET", f"http://127.0.0.1:{bridge.port}/{ticket}") as got,
    ):
        async for data in got.aiter_bytes():
            assert data == FRAMES[0]
            break
    async with asyncio.timeout(5):
        await closed.wait()


async def test_closing_lets_everything_go_at_once() -> None:
    bridge = Bridge()
    await bridge.open()
    parked, fetched = sse(), sse()
    fetched.steps = [asyncio.Event()]  # never set
    bridge.lend(exchange(), streamed(parked))
    ticket = bridge.lend(exchange(), streamed(fetched))
    async with (
        httpx.AsyncClient() as client,
        client.stream("GET", f"http://127.0.0.1:{bridge.port}/{ticket}") as got,
    ):
        pieces = got.aiter_bytes()
        assert await anext(pieces) == FRAMES[0]
        async with asyncio.timeout(5):  # far less than aiohttp's own minute
            await bridge.close()
    assert (parked.closed, fetched.closed) == (1, 1)


async def test_a_bridge_that_was_never_opened_closes() -> None:
    await Bridge().close()
