"""Try one target: send, look at the reply's beginning, and only then call it a success."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence

from plexus.addons.exchange import Attempt, Exchange, Reply, Streamed, Target
from plexus.addons.upstream.client import Response, Upstream, origin
from plexus.addons.upstream.outgoing import Outgoing, prepare
from plexus.addons.upstream.redact import redact, secrets_of
from plexus.addons.upstream.relay import stream_headers
from plexus.addons.upstream.seal_keeper import Watcher
from plexus.addons.upstream.whole import stream_of_whole, whole_of_stream, whole_reply
from plexus.transforms.codec import Dialect
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.events import Event, Failed
from plexus.transforms.sse import Frame, SseDecoder
from plexus.transforms.transcode import Passthrough, Pipe, Transcoder


async def try_target(
    exchange: Exchange, target: Target, upstream: Upstream, dialects: Mapping[str, Dialect]
) -> Reply:
    """Return the target's reply, or its stream up to the first event. Raise `GatewayError`.

    The attempt is entered into `exchange.attempts` once, whatever comes of it. The time limit
    covers connecting, the head, a whole body, a stream up to its first event (dataplane.md §3.2).
    """
    attempt = Attempt(target=target, started=time.monotonic())
    exchange.attempts.append(attempt)
    limit = target.provider.timeout_s or exchange.snapshot.timeout_s
    try:
        async with asyncio.timeout(limit):
            return await _open(exchange, attempt, upstream, dialects)
    except TimeoutError as error:
        attempt.error = GatewayError(
            Kind.UPSTREAM_TIMEOUT,
            f"{target.name} did not answer within {limit:g} s",
            where=target.name,
        )
        raise attempt.error from error
    except GatewayError as error:
        redact(error, secrets_of(target.provider))
        attempt.error = error
        raise
    finally:
        attempt.ended = time.monotonic()


async def _open(
    exchange: Exchange, attempt: Attempt, upstream: Upstream, dialects: Mapping[str, Dialect]
) -> Reply:
    outgoing = prepare(exchange, attempt.target, dialects)
    attempt.dialect = outgoing.dialect
    attempt.passthrough = outgoing.passthrough
    exchange.timeline.mark("transformed")
    response = await upstream.send(outgoing.url, outgoing.headers, outgoing.body, exchange.id)
    exchange.timeline.mark("headers")
    attempt.status = response.status
    try:
        reply = await _read(exchange, outgoing, response)
    except BaseException:
        response.close()
        raise
    exchange.receipt = outgoing.receipt.notes
    return reply


async def _read(exchange: Exchange, outgoing: Outgoing, response: Response) -> Reply:
    if not 200 <= response.status < 300:
        raise await _upstream_error(outgoing, response)
    is_sse = response.headers.get("content-type", "").startswith("text/event-stream")
    if not exchange.stream:
        body = await response.read_all()
        exchange.timeline.mark("upstream_done")
        if is_sse:
            return whole_of_stream(exchange, outgoing, body)
        return whole_reply(exchange, outgoing, response.headers, body)
    if not is_sse and _is_whole_json(response):
        body = await response.read_all()
        return stream_of_whole(exchange, outgoing, body)
    return await _stream(exchange, outgoing, response)


def _is_whole_json(response: Response) -> bool:
    # Gemini's array stream is JSON too, but chunked; a body of known length is whole.
    kind = response.headers.get("content-type", "")
    return kind.startswith("application/json") and "content-length" in response.headers


async def _upstream_error(outgoing: Outgoing, response: Response) -> GatewayError:
    body = await response.read_all()
    if 300 <= response.status < 400:
        return GatewayError(
            Kind.UPSTREAM_INVALID,
            f"{origin(outgoing.url)} redirects ({response.status}); put the final address into "
            "api_base_url, redirects are not followed with a credential",
            where=origin(outgoing.url),
            upstream_status=response.status,
        )
    error = outgoing.dialect.decode_error(response.status, response.headers, body)
    if error.upstream_status is None:
        error.upstream_status = response.status
    return error


async def _stream(exchange: Exchange, outgoing: Outgoing, response: Response) -> Streamed:
    first = await _first_event(outgoing, response)
    if first.lstrip()[:1] == b"{":  # no stream after all, and read to its end
        return stream_of_whole(exchange, outgoing, first)
    exchange.timeline.mark("upstream_first_event")
    return Streamed(
        first=first,
        read=response.read_some,
        close=response.close,
        pipe=make_pipe(exchange, outgoing),
        headers=stream_headers(exchange),
        receipt=outgoing.receipt,
    )


def make_pipe(exchange: Exchange, outgoing: Outgoing) -> Pipe:
    """Return what stands between the provider's stream and this client."""
    if outgoing.passthrough:
        return Passthrough(outgoing.dialect, exchange.id, hide_usage=outgoing.hide_usage)
    return Transcoder(
        outgoing.dialect,
        exchange.dialect,
        outgoing.request,
        outgoing.receipt,
        _watch(exchange, outgoing),
        created=exchange.timeline.started_ms // 1000,
    )


def _watch(exchange: Exchange, outgoing: Outgoing) -> Callable[[Event], None] | None:
    if exchange.seals is None or outgoing.seals is None:
        return None
    return Watcher(exchange.seals, outgoing.seals).see


async def _first_event(outgoing: Outgoing, response: Response) -> bytes:
    # Nothing is sent to the client before one whole event is here: a provider that answers 200 and
    # then streams an error can still be replaced by the next target (dataplane.md §3.4).
    first = b""
    frames = SseDecoder()
    while chunk := await response.read_some():
        first += chunk
        if _has_event(outgoing, frames.feed(chunk)):
            return first
        if first.lstrip()[:1] == b"[":
            return first  # a JSON array, not SSE: the decoder will see any error in it
    if first.lstrip()[:1] == b"{" or _has_event(outgoing, frames.close()):
        return first
    what = "no event" if first.strip() else "an empty stream"
    raise GatewayError(Kind.UPSTREAM_INVALID, f"{origin(outgoing.url)} answered 200 with {what}")


def _has_event(outgoing: Outgoing, frames: Sequence[Frame]) -> bool:
    for frame in frames:
        if not frame.data:
            continue
        for event in outgoing.dialect.sniff(frame.data):
            if isinstance(event, Failed):
                raise event.error
        return True
    return False
