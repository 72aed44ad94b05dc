"""Pump a provider's stream to a client: the same loop behind both doors."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from plexus.addons.exchange import Exchange, Streamed
from plexus.addons.upstream.heartbeat import Heartbeat
from plexus.transforms.errors import GatewayError, Kind

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


def stream_headers(exchange: Exchange) -> dict[str, str]:
    """Return the headers of a stream for this client: Gemini's can be a JSON array."""
    is_array = exchange.match.framing == "array"
    return {
        "content-type": "application/json" if is_array else "text/event-stream; charset=utf-8",
        "cache-control": "no-cache",
        "x-accel-buffering": "no",
    }


async def _pump(exchange: Exchange, streamed: Streamed, write: Write, heartbeat: Heartbeat) -> None:
    data = streamed.first
    try:
        while data:
            exchange.seen.add(data)
            out = streamed.pipe.feed(data)
            if out:
                exchange.timeline.mark("first_byte")
                await write(out)
                heartbeat.wrote()
            data = await _next(exchange, streamed)
        exchange.timeline.mark("upstream_done")
        tail = streamed.pipe.close()
    except GatewayError as error:
        tail = streamed.pipe.abort(error)
    except Exception as error:  # a bug of ours must not look like a finished answer
        if isinstance(error, ConnectionError):
            raise  # the client's side broke
        log.exception("relay.crashed id=%s", exchange.id)
        tail = streamed.pipe.abort(
            GatewayError(
                Kind.INTERNAL, f"Plexus failed on this stream; see its log for {exchange.id}"
            )
        )
    if tail:
        exchange.timeline.mark("first_byte")
        await write(tail)


async def _next(exchange: Exchange, streamed: Streamed) -> bytes:
    target = exchange.target
    limit = exchange.snapshot.timeout_s
    if target is not None and target.provider.timeout_s is not None:
        limit = target.provider.timeout_s
    try:
        async with asyncio.timeout(limit):
            return await streamed.read()
    except TimeoutError as error:
        raise GatewayError(
            Kind.UPSTREAM_TIMEOUT, f"the provider sent nothing for {limit:g} s"
        ) from error
