"""Try one target: send, look at the reply's beginning, and only then call it a success."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from plexus.addons.exchange import Attempt, Exchange, Reply, Streamed, Target
from plexus.addons.upstream.approach import wire_name
from plexus.addons.upstream.client import Response, Upstream, origin
from plexus.addons.upstream.outgoing import Outgoing, continues, prepare
from plexus.addons.upstream.policy import MALFORMED, STALLED, UNREADABLE_CALL
from plexus.addons.upstream.redact import redact, secrets_of
from plexus.addons.upstream.relay import stream_headers
from plexus.addons.upstream.seal_keeper import Watcher
from plexus.addons.upstream.shared_seals import with_shared_seals
from plexus.addons.upstream.time_limits import TimeLimits
from plexus.addons.upstream.whole import stream_of_whole, whole_of_stream, whole_reply
from plexus.transforms.codec import Dialect
from plexus.transforms.continuation import Continuing
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.events import Event, Failed, Finished
from plexus.transforms.ir import Stop
from plexus.transforms.repair import Repairs
from plexus.transforms.sse import SseDecoder, parse_frame
from plexus.transforms.transcode import Identity, Passthrough, Pipe, Transcoder
from plexus.transforms.wire import dump, try_parse


async def try_target(
    exchange: Exchange,
    attempt: Attempt,
    upstream: Upstream,
    dialects: Mapping[str, Dialect],
    limits: TimeLimits,
) -> Reply:
    """Return the target's reply, or its stream up to the first event. Raise `GatewayError`.

    The time limit covers connecting, the head, a whole body, a stream up to its first event, and
    repairs of a refused request (dataplane.md §3.2).
    """
    target = attempt.target
    attempt.started = time.monotonic()
    limit = target.provider.timeout_s or exchange.snapshot.timeout_s
    try:
        return await limits.within(limit, _open(exchange, attempt, upstream, dialects))
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
    request = await with_shared_seals(exchange, attempt.target, dialects)
    outgoing = prepare(exchange, attempt.target, dialects, request)
    attempt.dialect = outgoing.dialect
    attempt.passthrough = outgoing.passthrough
    exchange.timeline.mark("transformed")
    repairs = Repairs()
    while True:
        try:
            reply = await _send(exchange, attempt, outgoing, upstream)
        except GatewayError as error:
            mended = _mended(exchange, attempt, outgoing, repairs, error)
            if mended is None:
                raise
            outgoing = mended
        else:
            exchange.receipt = outgoing.receipt.notes
            return reply


async def _send(
    exchange: Exchange, attempt: Attempt, outgoing: Outgoing, upstream: Upstream
) -> Reply:
    exchange.stop = None
    sent = time.monotonic()
    response = await upstream.send(outgoing.url, outgoing.headers, outgoing.body, exchange.id)
    exchange.timeline.mark("headers")
    attempt.status = response.status
    try:
        reply = await _read(exchange, attempt, outgoing, response, sent)
    except GatewayError as error:
        response.close()
        if exchange.stop is Stop.MALFORMED or error.code == MALFORMED:
            raise _malformed(attempt) from error
        raise
    except BaseException:
        response.close()
        raise
    stop = reply.pipe.stop if isinstance(reply, Streamed) else exchange.stop
    if stop is Stop.MALFORMED:
        raise _malformed(attempt)
    return reply


def _malformed(attempt: Attempt) -> GatewayError:
    return GatewayError(
        Kind.OVERLOADED,
        f"{attempt.target.name}: {UNREADABLE_CALL}",
        where=attempt.target.name,
        code=MALFORMED,
    )


def _mended(
    exchange: Exchange,
    attempt: Attempt,
    outgoing: Outgoing,
    repairs: Repairs,
    error: GatewayError,
) -> Outgoing | None:
    """Return what to send to the same target instead, if that may help (dataplane.md §3.6)."""
    if error.code == MALFORMED and MALFORMED not in attempt.repairs:
        attempt.repairs.append(MALFORMED)  # once more: the model may write it well
        return outgoing
    if error.upstream_status != 400 or (exchange.plan is not None and exchange.plan.lossless):
        return None
    body = try_parse(outgoing.body)
    if not isinstance(body, dict):
        return None
    found = repairs.mend(wire_name(attempt.target, outgoing.dialect), body, error.message)
    if found is None:
        return None
    name, mended = found
    attempt.repairs.append(name)
    outgoing.receipt.dropped(name, "the provider refused it, and was asked again without")
    return replace(outgoing, body=dump(mended))


async def _read(
    exchange: Exchange, attempt: Attempt, outgoing: Outgoing, response: Response, sent: float
) -> Reply:
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
    return await _stream(exchange, attempt, outgoing, response, sent)


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


async def _stream(
    exchange: Exchange, attempt: Attempt, outgoing: Outgoing, response: Response, sent: float
) -> Streamed:
    first = await _in_time(attempt.target, outgoing, response, sent)
    attempt.first_event = time.monotonic()
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
    made = Continuing if continues(exchange) else Transcoder
    return made(
        outgoing.dialect,
        exchange.dialect,
        outgoing.request,
        outgoing.receipt,
        _watch(exchange, outgoing),
        Identity(created=exchange.timeline.started_ms // 1000, id=exchange.answer_id),
    )


def _watch(exchange: Exchange, outgoing: Outgoing) -> Callable[[Event], None] | None:
    if exchange.seals is None or outgoing.seals is None:
        return None
    return Watcher(exchange.seals, outgoing.seals).see


async def _in_time(target: Target, outgoing: Outgoing, response: Response, sent: float) -> bytes:
    # A stream that begins too slowly is given up while another target can still take its place.
    stall = target.provider.stall
    if stall.ttfb_s is None:
        return await _first_event(outgoing, response, at_least=1)
    try:
        async with asyncio.timeout(sent + stall.ttfb_s - time.monotonic()):
            return await _first_event(outgoing, response, at_least=stall.ttfb_bytes)
    except TimeoutError as error:
        raise GatewayError(
            Kind.UPSTREAM_TIMEOUT,
            f"{target.name} stalled: fewer than {stall.ttfb_bytes} bytes in {stall.ttfb_s:g} s",
            where=target.name,
            code=STALLED,
        ) from error


async def _first_event(outgoing: Outgoing, response: Response, *, at_least: int) -> bytes:
    # Nothing is sent to the client before one whole event is here: a provider that answers 200 and
    # then streams an error can still be replaced by the next target (dataplane.md §3.4).
    first = b""
    has_event = False
    frames = SseDecoder()
    while chunk := await response.read_some():
        first += chunk
        has_event = _has_event(outgoing, frames.cut(chunk)) or has_event
        # A JSON array is no SSE: the decoder will see any error in it.
        if (has_event or first.lstrip()[:1] == b"[") and len(first) >= at_least:
            return first
    if has_event or first.lstrip()[:1] == b"{" or _has_event(outgoing, [frames.pending]):
        return first
    what = "no event" if first.strip() else "an empty stream"
    raise GatewayError(Kind.UPSTREAM_INVALID, f"{origin(outgoing.url)} answered 200 with {what}")


def _has_event(outgoing: Outgoing, blocks: Sequence[bytes]) -> bool:
    for block in blocks:
        frame = parse_frame(block)
        if frame is None or frame.data.strip() in (b"", b"[DONE]"):
            continue
        for event in outgoing.dialect.sniff(frame.data):
            if isinstance(event, Failed):
                raise event.error
            if isinstance(event, Finished) and event.stop is Stop.MALFORMED:
                raise GatewayError(Kind.OVERLOADED, UNREADABLE_CALL, code=MALFORMED)
        if try_parse(frame.data) is None:
            raise GatewayError(
                Kind.UPSTREAM_INVALID,
                f"{origin(outgoing.url)} answered 200 with an event that is not JSON",
                where=origin(outgoing.url),
            )
        return True
    return False
