"""Streams that their clients break off: before the first token, after it, or a while later."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Final, cast, override

from tests.bench import http2
from tests.bench.doors import connect
from tests.bench.scenario import Scenario

AFTER: Final = (0, 1, 5)  # words of the reply that a client waits for
_PATIENCE_S: Final = 30.0
_AT_A_TIME: Final = 24


@dataclass(slots=True)
class Aborted:
    """How many were broken off, and which could not even begin."""

    count: int = 0
    examples: list[str] = field(default_factory=list)
    errors: int = 0

    def failed(self, why: str) -> None:
        """Count one that was not what it should be."""
        self.errors += 1
        if len(self.examples) < 3:
            self.examples.append(why)


class Leaver(asyncio.Protocol):
    """Asks, waits for some words, and resets the connection or closes it."""

    def __init__(self, scenario: Scenario, host: str, words: int, reset: bool) -> None:
        self._scenario = scenario
        self._host = host
        self._left = words
        self._reset = reset
        self._transport: asyncio.Transport | None = None
        self._began = False  # whether the head of the reply was seen, and was right
        self.done: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop does not subclass
        self._transport.write(opening(self._scenario, self._host))
        if self._left == 0:
            # Only once the bytes are under way: a closed socket sends no request.
            asyncio.get_running_loop().call_later(0.005, self._leave, None)

    @override
    def data_received(self, data: bytes) -> None:
        if data.startswith(b"HTTP/1.1 ") and not data.startswith(b"HTTP/1.1 200"):
            self._leave(data[:200].decode("utf-8", "replace"))
            return
        # Several may come at once, and nothing else comes after the last.
        self._left -= data.count(b"word")
        if self._left <= 0:
            self._leave(None)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(f"the gateway closed the connection: {exc}")

    def end(self) -> None:
        """Close the connection if it is still open."""
        if self._transport is not None:
            self._transport.abort()

    def _leave(self, why: str | None) -> None:
        if self._transport is None or self.done.done():
            return
        self.done.set_result(why)
        if self._reset:
            self._transport.abort()
        else:
            self._transport.close()


def opening(scenario: Scenario, host: str) -> bytes:
    """All that is sent: a request, by HTTP/2 with its preface."""
    if scenario.door == "proxy-h2":
        return http2.opening() + http2.Requests(scenario, host).on(1)
    return scenario.request(host)


async def break_off(
    scenarios: Sequence[Scenario], *, count: int, port: int, ca: Path, seconds: float
) -> Aborted:
    """Break so many streams off, some at a time, in at most so many seconds."""
    ended = Aborted()
    ways = zip(range(count), cycle(scenarios), _manners(), strict=False)
    limit = asyncio.get_running_loop().time() + seconds

    async def worker() -> None:
        for _, scenario, (words, reset) in ways:  # shared: each takes what is next
            if asyncio.get_running_loop().time() > limit:
                return
            why = await _one(scenario, words, reset, port, ca)
            ended.count += 1
            if why is not None:
                ended.failed(f"{scenario.name}: {why}")

    await asyncio.gather(*(worker() for _ in range(_AT_A_TIME)))
    return ended


def _manners() -> Iterator[tuple[int, bool]]:
    yield from cycle([(words, reset) for words in AFTER for reset in (True, False)])


async def _one(scenario: Scenario, words: int, reset: bool, port: int, ca: Path) -> str | None:
    host = f"127.0.0.1:{port}" if scenario.door == "listener" else scenario.vendor
    leaver = Leaver(scenario, host, words, reset)
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await connect(lambda: leaver, scenario.door, port, vendor=scenario.vendor, ca=ca)
            return await leaver.done
    except (TimeoutError, OSError) as error:
        leaver.end()
        return f"{type(error).__name__}: {error}"
