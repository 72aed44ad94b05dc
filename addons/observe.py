"""Look at an observed call without touching it: usage, stop and failure of its reply."""

from __future__ import annotations

import logging

from mitmproxy import http

from plexus.addons.authenticate import credential
from plexus.addons.exchange import Exchange
from plexus.addons.inflate import Inflater, inflater
from plexus.addons.upstream.redact import redact
from plexus.transforms.events import Failed, Finished, UsageSeen
from plexus.transforms.transcode import Passthrough

log = logging.getLogger(__name__)

_STREAM_TYPES = ("text/event-stream", "application/x-ndjson")


def is_stream(response: http.Response) -> bool:
    """Whether a reply must not be held until it is whole."""
    kind: str = response.headers.get("content-type", "")
    return kind.lower().startswith(_STREAM_TYPES)


class Tap:
    """Passes bytes on as they are and reads a decompressed copy.

    mitmproxy drops a chunk whose stream callable raises, so nothing may raise in here.
    """

    def __init__(self, exchange: Exchange, response: http.Response) -> None:
        self._exchange = exchange
        self._pipe = Passthrough(exchange.dialect, exchange.id)
        encoding = response.headers.get("content-encoding", "")
        self._inflate: Inflater | None = inflater(encoding)
        self._blind = self._inflate is None

    def __call__(self, data: bytes) -> bytes:
        """Return `data`."""
        if data:
            self._exchange.timeline.mark("first_byte")
            self._look(data)
        return data

    def end(self, *, complete: bool) -> None:
        """Enter what was seen into the exchange; a stream cut by its client is no failure."""
        if complete and not self._blind:
            self._pipe.close()
        self._exchange.absorb(self._pipe)

    def _look(self, data: bytes) -> None:
        if self._blind or self._inflate is None:
            return
        try:
            plain = self._inflate(data)
            if self._exchange.capture is not None:
                self._exchange.capture.to_client.add(plain)
            self._exchange.seen.add(plain)
            self._pipe.feed(plain)
        except Exception:  # the client's bytes must pass whatever happens to our copy
            log.exception("observe.failed id=%s", self._exchange.id)
            self._blind = True


def look_at_whole(exchange: Exchange, response: http.Response) -> None:
    """Enter usage and stop, or the error, of a whole reply into the exchange."""
    body = response.get_content(strict=False) or b""
    if response.status_code >= 400:
        headers = {name.lower(): value for name, value in response.headers.items()}
        exchange.error = exchange.dialect.decode_error(response.status_code, headers, body)
        redact(exchange.error, filter(None, [credential(exchange.head)]))
        return
    for event in exchange.dialect.sniff(body):
        match event:
            case UsageSeen(usage):
                exchange.usage = usage
            case Finished():
                exchange.stop = event.stop
            case Failed(error):
                exchange.error = error
            case _:
                pass
