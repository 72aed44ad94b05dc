"""An order of calls is read and obeyed."""

from __future__ import annotations

import asyncio
import json

from tests.bench.catalogue import as_order, one_client, talking
from tests.bench.load import Order, run
from tests.bench.provider import Connection


def test_an_order_is_a_line_of_json() -> None:
    line = json.dumps({"scenario": as_order(talking(4)), "port": 1, "calls": 2, "seconds": 3})
    assert Order.read(line) == Order(scenario=talking(4), port=1, calls=2, seconds=3)


async def test_the_calls_are_made_once_the_connections_are_open() -> None:
    loop = asyncio.get_running_loop()
    said = []
    async with await loop.create_server(lambda: Connection(loop), "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        order = Order(scenario=one_client(), port=port, calls=5, seconds=30)
        outcome = await run(order, lambda: said.append("ready"))
    assert said == ["ready"]
    assert (outcome.calls, outcome.errors, outcome.examples) == (5, 0, [])


async def test_the_time_to_the_first_token_and_the_gaps_are_taken_if_asked_for() -> None:
    loop = asyncio.get_running_loop()
    async with await loop.create_server(lambda: Connection(loop), "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        order = Order(scenario=talking(2, 100), port=port, calls=2, seconds=30, timed=True)
        outcome = await run(order)
    assert (outcome.calls, len(outcome.first), len(outcome.whole)) == (2, 2, 2)
    assert all(0 < first < whole for first, whole in zip(outcome.first, outcome.whole, strict=True))
    assert outcome.gaps
