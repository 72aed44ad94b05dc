"""Connections that make one call after the other, cheaply: raw protocols, HTTP/1.1 and HTTP/2.

The first reply of each connection and every hundredth after it is unpacked and compared in full;
of the others, the status and the ending.
"""

from __future__ import annotations

import asyncio
import math
import re
import time
from dataclasses import dataclass, field
from typing import Final, cast, override

from tests.bench import http2
from tests.bench.scenario import Scenario

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED: Final = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_CHECK_EVERY: Final = 100
_KEPT: Final = 3  # errors whose text is reported


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What became of the calls; times in seconds, taken only if they were asked for."""

    calls: int = 0  # answered as they should be
    errors: int = 0
    reads: int = 0  # pieces in which the replies arrived
    seconds: float = 0.0
    examples: list[str] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)  # until a reply was complete
    first: list[float] = field(default_factory=list)  # until its first token
    gaps: list[float] = field(default_factory=list)  # between two pieces from the first token on

    def failed(self, why: str) -> None:
        """Count a call that was answered wrongly or not at all."""
        self.errors += 1
        if len(self.examples) < _KEPT:
            self.examples.append(why)


@dataclass(slots=True, kw_only=True)
class Load:
    """The calls still to make, shared by all connections."""

    scenario: Scenario
    host: str
    calls: int
    deadline: float = math.inf
    timed: bool = False
    outcome: Outcome = field(default_factory=Outcome)

    def take(self) -> bool:
        """Whether another call is to be made; it counts as made then."""
        if self.calls <= 0 or time.monotonic() >= self.deadline:
            return False
        self.calls -= 1
        return True


class Caller(asyncio.Protocol):
    """Makes one call after the other on one connection, once it is told to start."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._received = bytearray()
        self._made = 0
        self._transport: asyncio.Transport | None = None
        self._sent = 0.0
        self._last: float | None = None  # when the latest piece came, from the first token on

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop does not subclass
        self.open()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._load.outcome.failed(f"the connection was lost: {exc}")
            self._done.set_result(None)

    @override
    def data_received(self, data: bytes) -> None:
        self._received += data
        self._load.outcome.reads += 1
        if self._load.timed:
            self._time(data)
        self.look()

    def start(self, delay: float) -> asyncio.Future[None]:
        """Make the first call after so many seconds; the result comes after the last one."""
        self._done.get_loop().call_later(delay, self._call)
        return self._done

    def end(self) -> None:
        """Close the connection, whatever is going on."""
        self._done.cancel()
        if self._transport is not None:
            self._transport.abort()

    def open(self) -> None:
        """Say what must be said before the first call."""

    def look(self) -> None:
        """Look at what has come; call `finish` if the reply is complete."""
        raise NotImplementedError

    def request(self) -> bytes:
        """The next request."""
        raise NotImplementedError

    def send(self, data: bytes) -> None:
        """Write, unless the connection is gone."""
        if self._transport is not None:
            self._transport.write(data)

    def _call(self) -> None:
        if self._load.take():
            if self._load.timed:
                self._sent, self._last = time.perf_counter(), None
            self.send(self.request())
        elif not self._done.done():
            self._done.set_result(None)

    def _time(self, data: bytes) -> None:
        now = time.perf_counter()
        if self._last is not None:
            self._load.outcome.gaps.append(now - self._last)
        elif self._load.scenario.first in data:
            self._load.outcome.first.append(now - self._sent)
        else:
            return
        self._last = now

    def finish(self, ok: bool) -> None:
        """Judge the reply that is complete, and make the next call."""
        outcome = self._load.outcome
        if self._load.timed:
            outcome.whole.append(time.perf_counter() - self._sent)
        if not ok:
            outcome.failed(bytes(self._received[:300]).decode("utf-8", "replace"))
        elif self._made % _CHECK_EVERY == 0 and not self._load.scenario.accepts(self.body()):
            outcome.failed("not the expected reply: " + repr(self.body()[-300:]))
        else:
            outcome.calls += 1
        self._made += 1
        self._received.clear()
        self._call()

    def body(self) -> bytes:
        """The body of the complete reply."""
        raise NotImplementedError


class Http1(Caller):
    """By HTTP/1.1."""

    def __init__(self, load: Load) -> None:
        super().__init__(load)
        self._request = load.scenario.request(load.host)

    @override
    def request(self) -> bytes:
        return self._request

    @override
    def look(self) -> None:
        if is_complete(self._received):
            self.finish(self._received.startswith(b"HTTP/1.1 200"))

    @override
    def body(self) -> bytes:
        return payload(bytes(self._received))


class Http2(Caller):
    """By HTTP/2, a stream after the other."""

    def __init__(self, load: Load) -> None:
        super().__init__(load)
        self._requests = http2.Requests(load.scenario, load.host)
        self._stream = -1
        self._ok = False
        self._pieces: list[bytes] = []

    @override
    def open(self) -> None:
        self.send(http2.opening())

    @override
    def request(self) -> bytes:
        self._stream += 2
        self._ok, self._pieces = False, []
        return self._requests.on(self._stream)

    @override
    def look(self) -> None:
        for frame in http2.take(self._received):
            if reply := http2.answer(frame):
                self.send(reply)
            self._ok = self._ok or frame.is_ok
            if frame.kind == http2.DATA:
                self._pieces.append(frame.payload)
            if frame.is_refusal or frame.ends_stream:
                self.finish(self._ok and not frame.is_refusal)

    @override
    def body(self) -> bytes:
        return b"".join(self._pieces)


def is_complete(received: bytes | bytearray) -> bool:
    """Whether an HTTP/1.1 reply is there to its end."""
    head = received.find(b"\r\n\r\n")
    if head < 0:
        return False
    if (length := _LENGTH.search(received, 0, head)) is not None:
        return len(received) >= head + 4 + int(length[1])
    return received.endswith(b"\r\n0\r\n\r\n")


def payload(reply: bytes) -> bytes:
    """The body of a complete HTTP/1.1 reply, its chunks joined."""
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
