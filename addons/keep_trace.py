"""Hand over what was captured of a call that is over, or that takes its time."""

from __future__ import annotations

from typing import Final

from mitmproxy import http

from plexus.addons.call_secrets import secrets_of_call
from plexus.addons.exchange import Exchange, Exchanges
from plexus.addons.inspection.capture import Body, Capture
from plexus.addons.inspection.trace_json import Headers, Taken
from plexus.addons.inspection.traces import Sleep, Traces
from plexus.transforms.wire import JsonObject

UNFINISHED_AFTER_MS: Final = 300_000
_LOOK_EVERY_S: Final = 30.0


def taken_of(flow: http.HTTPFlow, exchange: Exchange, story: JsonObject) -> Taken | None:
    """Return what is to be kept of this call; `None`: nothing is."""
    capture = exchange.capture
    if capture is None or (capture.only_errors and exchange.error is None):
        return None
    if exchange.principal is None:  # strangers must not fill the disk
        return None
    return Taken(
        request_id=exchange.id,
        started_ms=exchange.timeline.started_ms,
        api_key=exchange.principal.name,
        status=flow.response.status_code if flow.response else None,
        line=f"{flow.request.method} {flow.request.path}",
        headers=_headers(flow.request),
        body=Body(capture.most, _content(flow.request)),
        sent=tuple(capture.sent),
        reply_headers=_headers(flow.response) if flow.response else (),
        reply=_reply(flow, capture),
        story=story | {"attempts": [attempt.as_json() for attempt in exchange.attempts]},
        secrets=secrets_of_call(exchange),
    )


def unfinished(exchange: Exchange) -> Taken | None:
    """Return what there is so far of a call that goes on; its whole trace replaces it later.

    `None`: nothing is to be kept, or it was before.
    """
    capture = exchange.capture
    if capture is None or capture.is_kept or capture.only_errors:
        return None
    if exchange.principal is None or exchange.timeline.elapsed_ms() < UNFINISHED_AFTER_MS:
        return None
    capture.is_kept = True
    head, reply = exchange.head, exchange.reply
    return Taken(
        request_id=exchange.id,
        started_ms=exchange.timeline.started_ms,
        api_key=exchange.principal.name,
        status=reply.status if reply is not None else None,
        line=f"{head.method} {head.path}{'?' if head.query else ''}{head.query}",
        headers=tuple(head.headers.items()),
        body=Body(capture.most, exchange.raw),
        sent=tuple(capture.sent),
        reply_headers=tuple(reply.headers.items()) if reply is not None else (),
        reply=capture.to_client,
        story={"model": exchange.model, "unfinished": True},
        secrets=secrets_of_call(exchange),
    )


async def keep_unfinished(exchanges: Exchanges, traces: Traces, *, sleep: Sleep) -> None:
    """Keep the traces of calls that go on for minutes, as they may never end; runs for ever."""
    while True:
        await sleep(_LOOK_EVERY_S)
        for exchange in exchanges.open():
            if (taken := unfinished(exchange)) is not None:
                traces.put(taken)


def _reply(flow: http.HTTPFlow, capture: Capture) -> Body:
    if capture.to_client.size or flow.response is None:
        return capture.to_client
    return Body(capture.most, _content(flow.response))


def _content(message: http.Request | http.Response) -> bytes:
    # Decompressed, if that is possible.
    return message.get_content(strict=False) or b""


def _headers(message: http.Request | http.Response) -> Headers:
    return tuple(message.headers.items(multi=True))
