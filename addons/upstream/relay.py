"""Pump a provider's stream to a client: the same loop behind both doors."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from plexus.addons.exchange import Exchange, Streamed
from plexus.addons.upstream.heartbeat import Heartbeat
from plexus.addons.upstream.patience import Patience
from plexus.addons.upstream.policy import MALFORMED, STALLED, UNREADABLE_CALL
from plexus.addons.upstream.response_id import response_id_in
from plexus.addons.upstream.stall import StallWatch
from plexus.transforms.continuation import Continuing
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import Stop

log = logging.getLogger(__name__)

type Read = Callable[[], Awaitable[bytes]]
type Write = Callable[[bytes], Awaitable[None]]


async def pump(exchange: Exchange, streamed: Streamed, write: Write) -> None:
    """Write the whole stream to the client, ended well-formed whatever the provider does.

    Cancelling closes the provider's connection at once. What the pipe saw (usage, stop, failure)
    and what was lost in translation is in the exchange afterwards, for a cancelled stream too.
    """
    array = exchange.match.framing == "array"  # a JSON array takes nothing between its elements
    heartbeat = Heartbeat(b"" if array else exchange.dialect.keepalive, write)
    heartbeat.start()
    try:
        await _pump(exchange, streamed, write, heartbeat)
    finally:
        heartbeat.stop()
        streamed.close()
        exchange.absorb(streamed.pipe)
        exchange.receipt = streamed.receipt.notes
    failure = streamed.pipe.failed
    if streamed.pipe.stop is Stop.MALFORMED and failure is None:
        failure = exchange.error = GatewayError(Kind.OVERLOADED, UNREADABLE_CALL, code=MALFORMED)
    # A client that leaves says nothing about the provider: then this is not reached, or the call
    # has been closed already and its provider's connection with it.
    if not exchange.closed:
        streamed.settle(failure)


def stream_headers(exchange: Exchange) -> dict[str, str]:
    """Return the headers of a stream for this client: Gemini's can be a JSON array."""
    is_array = exchange.match.framing == "array"
    return {
        "content-type": "application/json" if is_array else "text/event-stream; charset=utf-8",
        "cache-control": "no-cache",
        "x-accel-buffering": "no",
    }


async def _pump(exchange: Exchange, streamed: Streamed, write: Write, heartbeat: Heartbeat) -> None:
    out = _Out(exchange, write, heartbeat)
    pipe = streamed.pipe
    try:
        while True:
            broken = await _copy(exchange, streamed, out)
            if broken is None:
                tail = pipe.close()
                broken = pipe.broken if isinstance(pipe, Continuing) else None
                if broken is None:
                    break
                await out.write(tail)
            more = await _taken_over(streamed, broken)
            if more is None:
                tail = pipe.abort(broken)
                break
            await out.write(more)
    except Exception as error:  # a bug of ours must not look like a finished answer
        if isinstance(error, ConnectionError):
            raise  # the client's side broke
        log.exception("relay.crashed id=%s", exchange.id)
        tail = pipe.abort(
            GatewayError(
                Kind.INTERNAL, f"Plexus failed on this stream; see its log for {exchange.id}"
            )
        )
    await out.write(tail)


async def _copy(exchange: Exchange, streamed: Streamed, out: _Out) -> GatewayError | None:
    """Write what comes until the provider's stream ends; return the failure that ended it."""
    silence_s = _silence_s(exchange)
    patience = Patience(silence_s)
    try:
        with patience:
            broken = await _copy_patiently(exchange, streamed, out, patience)
    except GatewayError as error:
        return error
    except TimeoutError:
        if not patience.is_over:
            raise
        return GatewayError(Kind.UPSTREAM_TIMEOUT, f"the provider sent nothing for {silence_s:g} s")
    if broken is None:
        exchange.timeline.mark("upstream_done")
    return broken


async def _copy_patiently(
    exchange: Exchange, streamed: Streamed, out: _Out, patience: Patience
) -> GatewayError | None:
    # Runs once per event: each call that is spared here is spared a hundred times a stream.
    pipe, seen, data = streamed.pipe, exchange.seen, streamed.first
    breaking = pipe if isinstance(pipe, Continuing) else None
    read = _watched(exchange, streamed) or streamed.read
    while data:
        seen.add(data)
        shown = pipe.feed(data)
        if shown and out.straight is not None:
            await out.straight(shown)
            out.wrote()
        elif shown:
            await out.write(shown)
        if breaking is not None and breaking.broken is not None:
            return breaking.broken
        patience.begin()
        data = await read()
        patience.end()
    return None


async def _taken_over(streamed: Streamed, broken: GatewayError) -> bytes | None:
    """Let another target go on after a break; return what the client gets first, if one does."""
    pipe = streamed.pipe
    if streamed.elsewhere is None or not isinstance(pipe, Continuing):
        return None
    streamed.close()
    streamed.settle(broken)
    streamed.settle = lambda _: None
    found = await streamed.elsewhere()
    if found is None:
        return None
    reply = found.reply
    streamed.first, streamed.read = reply.first, reply.read
    streamed.close, streamed.settle = reply.close, reply.settle
    streamed.elsewhere = reply.elsewhere
    return pipe.resume(found.dialect)


class _Out:
    """The way to the client. `straight` leads there too, once nobody else looks at what is said."""

    def __init__(self, exchange: Exchange, write: Write, heartbeat: Heartbeat) -> None:
        self.straight: Write | None = None  # tell `wrote` after it
        self.wrote = heartbeat.wrote
        self._exchange = exchange
        self._write = write
        self._begun = False

    async def write(self, data: bytes) -> None:
        """Write, unless there is nothing to write."""
        if not data:
            return
        if not self._begun:
            self._begin(data)
        if self._exchange.capture is not None:
            self._exchange.capture.to_client.add(data)
        await self._write(data)
        self.wrote()
        if self._exchange.given is not None:
            self._exchange.given.take(data)

    def _begin(self, data: bytes) -> None:
        self._begun = True
        self._exchange.response_id = response_id_in(data, self._exchange.dialect.name)
        self._exchange.timeline.mark("first_byte")
        if self._exchange.capture is None and self._exchange.given is None:
            self.straight = self._write


def _silence_s(exchange: Exchange) -> float:
    own = exchange.target.provider.timeout_s if exchange.target is not None else None
    return exchange.snapshot.timeout_s if own is None else own


def _watched(exchange: Exchange, streamed: Streamed) -> Read | None:
    """Return a `read` that ends a trickle, where that is configured."""
    stall = exchange.target.provider.stall if exchange.target is not None else None
    if stall is None or stall.min_bps is None:
        return None
    return _Watched(streamed, StallWatch(stall)).read


class _Watched:
    """Reads as long as enough comes."""

    def __init__(self, streamed: Streamed, watch: StallWatch) -> None:
        self._read = streamed.read
        self._watch = watch
        self._returned = time.monotonic()
        watch.note(len(streamed.first), self._returned)

    async def read(self) -> bytes:
        """Return the next bytes, empty at the end. Raise `GatewayError` if too little comes."""
        # The time that the client took is no fault of the provider.
        self._watch.excuse(time.monotonic() - self._returned)
        reading = asyncio.ensure_future(self._read())
        try:
            while not reading.done():
                now = time.monotonic()
                self._check(now)
                await asyncio.wait({reading}, timeout=self._watch.next_check(now))
        finally:
            reading.cancel()
        data = await reading
        self._returned = time.monotonic()
        self._watch.note(len(data), self._returned)
        if data:
            self._check(self._returned)
        return data

    def _check(self, now: float) -> None:
        if reason := self._watch.check(now):
            raise GatewayError(Kind.UPSTREAM_TIMEOUT, f"stalled: {reason}", code=STALLED)
