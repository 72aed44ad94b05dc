"""Clients that read slowly or not at all: a process that takes one order on standard input.

The order is a JSON array of crowds. When each of their connections has got its first bytes, or has
sent its request if it is not to get any, the process says `ready`; any line ends it, with what was
read. By HTTP/1.1 a slow reader leaves bytes in its socket; by HTTP/2 it takes every frame and keeps
the window closed instead, as a client does that reads another stream of the same connection.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final, cast, override

from tests.bench import http2
from tests.bench.catalogue import from_order
from tests.bench.doors import connect
from tests.bench.scenario import Scenario

_SOCKET_BUFFER: Final = 65_536  # bytes; by itself the kernel would take megabytes for a reader
_PATIENCE_S: Final = 60.0
_STEP_S: Final = 0.1  # between two openings of a window


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """As many readers as the scenario has connections."""

    order: str  # names the scenario
    port: int
    bytes_per_s: float  # 0: nothing is read after the first bytes
    is_answered: bool = True  # whether first bytes will come
    ca: str = ""

    @property
    def scenario(self) -> Scenario:
        """What each of them asks for."""
        return from_order(self.order)


@dataclass(slots=True, kw_only=True)
class Read:
    """What one crowd got."""

    bytes: int = 0
    lost: int = 0  # connections that ended by themselves
    examples: list[str] = field(default_factory=list)


class Reader(asyncio.Protocol):
    """Asks on one connection, and reads at its pace."""

    def __init__(self, crowd: Crowd, read: Read) -> None:
        self._crowd = crowd
        self._scenario = crowd.scenario
        self._read = read
        self._loop = asyncio.get_running_loop()
        self._is_over = False
        self.transport: asyncio.Transport | None = None
        self.begun = asyncio.Event()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop does not subclass
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SOCKET_BUFFER)
        self.transport.write(self.asking())
        if not self._crowd.is_answered:
            self.begun.set()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if not self._is_over:
            self._read.lost += 1
            self._read.examples.append(f"a reader lost its connection: {exc}")
        self.transport = None
        self.begun.set()

    @override
    def data_received(self, data: bytes) -> None:
        self.begun.set()
        self.take(data)

    def asking(self) -> bytes:
        """What is sent in the beginning."""
        at_listener = self._scenario.door == "listener"
        local = f"127.0.0.1:{self._crowd.port}"
        return self._scenario.request(local if at_listener else self._scenario.vendor)

    def take(self, data: bytes) -> None:
        """Leave what comes next where it is for a while."""
        self.count(len(data))
        if self.transport is not None:
            self.transport.pause_reading()
        if self._crowd.bytes_per_s:
            self._loop.call_later(len(data) / self._crowd.bytes_per_s, self._read_on)

    def count(self, size: int) -> None:
        """So much was read."""
        self._read.bytes += size

    def end(self) -> None:
        """Leave."""
        self._is_over = True
        if self.transport is not None:
            self.transport.abort()

    def _read_on(self) -> None:
        if self.transport is not None:
            self.transport.resume_reading()


class WindowReader(Reader):
    """By HTTP/2: takes everything, but lets little come."""

    def __init__(self, crowd: Crowd, read: Read) -> None:
        super().__init__(crowd, read)
        self._received = bytearray()
        self._is_opening = False

    @override
    def asking(self) -> bytes:
        request = http2.Requests(self._scenario, self._scenario.vendor).on(1)
        return http2.PREFACE + http2.frame(http2.SETTINGS, 0, 0, b"") + request

    @override
    def take(self, data: bytes) -> None:
        self._received += data
        for frame in http2.take(self._received):
            if self.transport is not None and (reply := http2.answer(frame)):
                self.transport.write(reply)
            if frame.kind == http2.DATA:
                self.count(len(frame.payload))
        if self._crowd.bytes_per_s and not self._is_opening:
            self._is_opening = True
            self._open()

    def _open(self) -> None:
        size = round(self._crowd.bytes_per_s * _STEP_S)
        if self.transport is not None:
            self.transport.write(http2.window(0, size) + http2.window(1, size))
            self._loop.call_later(_STEP_S, self._open)


async def begin(crowd: Crowd, read: Read) -> list[Reader]:
    """Connect a crowd and ask; return when all have begun. Raise `TimeoutError`, `OSError`."""
    scenario = crowd.scenario
    kind = WindowReader if scenario.door == "proxy-h2" else Reader
    readers: list[Reader] = []
    for _ in range(scenario.connections):
        reader = kind(crowd, read)
        await connect(
            lambda made=reader: made,  # type: ignore[misc]  # mypy infers no type for a default
            scenario.door,
            crowd.port,
            vendor=scenario.vendor,
            ca=Path(crowd.ca) if crowd.ca else None,
        )
        readers.append(reader)
    async with asyncio.timeout(_PATIENCE_S):
        for reader in readers:
            await reader.begun.wait()
    return readers


async def _obey(crowds: Sequence[Crowd]) -> list[Read]:
    found = [Read() for _ in crowds]
    readers: list[Reader] = []
    for crowd, read in zip(crowds, found, strict=True):
        readers += await begin(crowd, read)
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    for reader in readers:
        reader.end()
    return found


def main() -> None:
    """Read one order, obey it, and say what was read."""
    crowds = [Crowd(**crowd) for crowd in json.loads(sys.stdin.readline())]
    found = asyncio.run(_obey(crowds))
    print(json.dumps([asdict(read) for read in found]), flush=True)


if __name__ == "__main__":
    main()
