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
    pipe = streamed.pipe
    reader = _Reader(exchange, streamed)
    data = streamed.first
    try:
        while data:
            exchange.seen.add(data)
            await out.write(pipe.feed(data))
            if isinstance(pipe, Continuing) and pipe.broken is not None:
                return pipe.broken
            data = await reader.next()
    except GatewayError as error:
        return error
    finally:
        reader.stop()
    exchange.timeline.mark("upstream_done")
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
    """The way to the client."""

    def __init__(self, exchange: Exchange, write: Write, heartbeat: Heartbeat) -> None:
        self._exchange = exchange
        self._write = write
        self._heartbeat = heartbeat
        self._begun = False

    async def write(self, data: bytes) -> None:
        """Write, unless there is nothing to write."""
        if not data:
            return
        if not self._begun:
            self._begun = True
            self._exchange.response_id = response_id_in(data)
            self._exchange.timeline.mark("first_byte")
        if self._exchange.capture is not None:
            self._exchange.capture.to_client.add(data)
        await self._write(data)
        self._heartbeat.wrote()
        if self._exchange.given is not None:
            self._exchange.given.take(data)


class _Reader:
    """Reads on, but not for ever: silence and, where configured, a trickle end the stream."""

    def __init__(self, exchange: Exchange, streamed: Streamed) -> None:
        provider = exchange.target.provider if exchange.target is not None else None
        own = provider.timeout_s if provider is not None else None
        self._read = streamed.read
        self._silence_s = exchange.snapshot.timeout_s if own is None else own
        self._patience = Patience(self._silence_s)
        self._watch: StallWatch | None = None
        if provider is not None and provider.stall.min_bps is not None:
            self._watch = StallWatch(provider.stall)
            self._watch.note(len(streamed.first), time.monotonic())
        self._returned = time.monotonic()

    async def next(self) -> bytes:
        """Return the next bytes, empty at the end. Raise `GatewayError`."""
        if self._watch is not None:
            # The time that the client took is no fault of the provider.
            self._watch.excuse(time.monotonic() - self._returned)
            data = await self._watched(self._watch)
            self._returned = time.monotonic()
            return data
        try:
            return await self._patience.wait(self._read)
        except TimeoutError as error:
            raise self._silent() from error

    def stop(self) -> None:
        """Read no more."""
        self._patience.stop()

    async def _watched(self, watch: StallWatch) -> bytes:
        silent_at = time.monotonic() + self._silence_s
        reading = asyncio.ensure_future(self._read())
        try:
            while not reading.done():
                now = time.monotonic()
                if now >= silent_at:
                    raise self._silent()
                if reason := watch.check(now):
                    raise GatewayError(Kind.UPSTREAM_TIMEOUT, f"stalled: {reason}", code=STALLED)
                await asyncio.wait({reading}, timeout=min(watch.next_check(now), silent_at - now))
        finally:
            reading.cancel()
        data = await reading
        now = time.monotonic()
        watch.note(len(data), now)
        if data and (reason := watch.check(now)):
            raise GatewayError(Kind.UPSTREAM_TIMEOUT, f"stalled: {reason}", code=STALLED)
        return data

    def _silent(self) -> GatewayError:
        return GatewayError(
            Kind.UPSTREAM_TIMEOUT, f"the provider sent nothing for {self._silence_s:g} s"
        )
