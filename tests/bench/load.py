"""A load generator that costs little: raw protocols on uvloop, replies checked by their ending.

It runs by itself and takes orders on standard input, one JSON object a line:
`{"scenario": "small", "port": 4000, "calls": 1000, "seconds": 5}`; each is answered by a line with
the counts. The first reply of each connection and every hundredth after it is unpacked and compared
in full.
"""

from __future__ import annotations

import asyncio
import functools
import json
import re
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Final, cast, override

import uvloop

from tests.bench.scenario import Scenario, scenarios

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED: Final = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_CHECK_EVERY: Final = 100
_GRACE: Final = 30  # seconds for calls in flight once the time is up
_KEPT: Final = 3  # errors whose text is reported


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What became of the calls."""

    calls: int = 0  # answered as they should be
    errors: int = 0
    reads: int = 0  # pieces in which the replies arrived
    seconds: float = 0.0
    examples: list[str] = field(default_factory=list)

    def failed(self, why: str) -> None:
        """Count a call that was answered wrongly or not at all."""
        self.errors += 1
        if len(self.examples) < _KEPT:
            self.examples.append(why)


@dataclass(slots=True, kw_only=True)
class Load:
    """The calls still to make, shared by all connections."""

    scenario: Scenario
    request: bytes
    calls: int
    deadline: float
    outcome: Outcome = field(default_factory=Outcome)

    def next(self) -> bytes | None:
        """The next request to send; `None` when it is enough."""
        if self.calls <= 0 or time.monotonic() >= self.deadline:
            return None
        self.calls -= 1
        return self.request


class Connection(asyncio.Protocol):
    """Makes one call after the other on one connection."""

    def __init__(self, load: Load, done: asyncio.Future[None]) -> None:
        self._load = load
        self._done = done
        self._received = bytearray()
        self._made = 0
        self._transport: asyncio.Transport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop does not subclass
        self._call()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._load.outcome.failed(f"the connection was lost: {exc}")
            self._done.set_result(None)

    @override
    def data_received(self, data: bytes) -> None:
        self._received += data
        self._load.outcome.reads += 1
        if is_complete(self._received):
            self._judge()
            self._received.clear()
            self._call()

    def _call(self) -> None:
        request = self._load.next()
        if request is not None and self._transport is not None:
            self._transport.write(request)
        elif not self._done.done():
            self._done.set_result(None)

    def _judge(self) -> None:
        outcome = self._load.outcome
        if not self._received.startswith(b"HTTP/1.1 200"):
            outcome.failed(bytes(self._received[:300]).decode("utf-8", "replace"))
        elif self._made % _CHECK_EVERY == 0 and not self._load.scenario.accepts(
            payload(bytes(self._received))
        ):
            outcome.failed("not the expected reply: " + repr(bytes(self._received[-300:])))
        else:
            outcome.calls += 1
        self._made += 1


def is_complete(received: bytes | bytearray) -> bool:
    """Whether a reply is there to its end."""
    head = received.find(b"\r\n\r\n")
    if head < 0:
        return False
    if (length := _LENGTH.search(received, 0, head)) is not None:
        return len(received) >= head + 4 + int(length[1])
    return received.endswith(b"\r\n0\r\n\r\n")


def payload(reply: bytes) -> bytes:
    """The body of a complete reply, its chunks joined."""
    head, _, body = reply.partition(b"\r\n\r\n")
    if _CHUNKED.search(head + b"\r\n") is None:
        return body
    pieces = []
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size.split(b";")[0], 16)
        pieces.append(body[:length])
        body = body[length + 2 :]
    return b"".join(pieces)


async def run(scenario: Scenario, *, port: int, calls: int, seconds: float) -> Outcome:
    """Make up to `calls` calls in up to `seconds`."""
    loop = asyncio.get_running_loop()
    began = time.monotonic()
    load = Load(
        scenario=scenario,
        request=scenario.request(f"127.0.0.1:{port}"),
        calls=calls,
        deadline=began + seconds,
    )
    ends = [loop.create_future() for _ in range(min(scenario.connections, calls))]
    transports = []
    for end in ends:
        connect = functools.partial(Connection, load, end)
        transport, _ = await loop.create_connection(connect, "127.0.0.1", port)
        transports.append(transport)
    try:
        async with asyncio.timeout(seconds + _GRACE):
            await asyncio.gather(*ends)
    except TimeoutError:
        load.outcome.failed(f"no answer within {_GRACE} s after the time was up")
    load.outcome.seconds = time.monotonic() - began
    for end, transport in zip(ends, transports, strict=True):
        end.cancel()
        transport.abort()
    return load.outcome


def main() -> None:
    """Obey orders until standard input ends."""
    known = {scenario.name: scenario for scenario in scenarios()}
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for line in sys.stdin:
            order = json.loads(line)
            scenario = known[order.pop("scenario")]
            print(json.dumps(asdict(runner.run(run(scenario, **order)))), flush=True)


if __name__ == "__main__":
    main()
