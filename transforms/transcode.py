"""Join a provider's stream to a client's: bytes in, bytes out, one pipe per call."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol

from plexus.transforms.codec import Dialect, Receipt, StreamDecoder, as_json_object
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.events import BlockDelta, Event, Failed, Finished, Started, UsageSeen
from plexus.transforms.ir import ChatRequest, Stop, Usage
from plexus.transforms.sse import SseDecoder, frame_around, parse_frame
from plexus.transforms.stream_comments import cost_in
from plexus.transforms.wire import try_parse

_COST: Final = b"cost"  # what a call cost may stand in a comment, which has no dialect's markers
_NO_CHOICES: Final = re.compile(rb'"choices"\s*:\s*\[\s*\]')


class Pipe(Protocol):
    """What stands between a provider's stream and a client; says what it saw go by."""

    usage: Usage | None
    stop: Stop | None
    failed: GatewayError | None

    def feed(self, data: bytes) -> bytes:
        """Take bytes from the provider, return bytes for the client.

        Raise `GatewayError` for a stream that cannot be followed any more: call `abort` with it.
        """
        ...

    def close(self) -> bytes:
        """Take the end of the provider's stream, return the client's well-formed ending."""
        ...

    def abort(self, error: GatewayError) -> bytes:
        """Take the failure of the provider's stream, return the client's in-band error."""
        ...


class _Observed:
    """The part of a pipe that remembers usage, stop and failure."""

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self.stop: Stop | None = None
        self.failed: GatewayError | None = None

    def _observe(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, BlockDelta):  # nearly all are
                continue
            match event:
                case UsageSeen(usage):
                    self.usage = self.usage.merged(usage) if self.usage else usage
                case Finished():
                    self.stop = event.stop
                case Failed(error):
                    self.failed = self.failed or error
                case _:
                    pass


class Passthrough(_Observed):
    """The identity, with an eye on the frames that tell usage, stop or failure.

    Strategy: only whole frames pass, so that an error can be put behind them at any time; of them,
    only those that hold one of the dialect's markers are looked into: one search over all that has
    arrived finds them. `hide_usage` takes out the frame that holds nothing but usage: the one we
    asked for on behalf of a client that did not (dataplane.md §5.2). A stream that is no SSE
    (Gemini's JSON array) passes as it comes, watched by the dialect's own decoder; nothing can be
    added to it.
    """

    def __init__(self, dialect: Dialect, request_id: str, *, hide_usage: bool = False) -> None:
        super().__init__()
        self._dialect = dialect
        self._request_id = request_id
        self._hide_usage = hide_usage
        self._frames = SseDecoder()
        self._tells = _telling(dialect.markers)
        self._latest = b""  # the frames that were shown last
        self._flows = False  # begun, framed and not ended: so nearly always
        self._ended = False
        self._unframed: StreamDecoder | None = None

    def feed(self, data: bytes) -> bytes:
        """Return the frames that `data` completes, as they came."""
        if not self._flows and not self._begin(data):
            return self._unfollowed(data)
        whole = self._frames.whole(data)
        if not whole:
            return b""
        self._latest = whole
        found = self._tells.search(whole)
        if found is None and whole.find(_COST) < 0:
            return whole
        return self._looked_into(whole, found)

    def close(self) -> bytes:
        """Return the last frame, or the in-band error of a stream that was cut short."""
        if self._ended:
            return b""
        self._end()
        if self._unframed is not None:
            self._observe(self._unframed.close())
        rest = self._frames.pending
        shown = self._looked_into(rest, None)
        if self.stop is not None or self.failed is not None or self._is_done(rest):
            return shown
        self.failed = GatewayError(
            Kind.UPSTREAM_DOWN, "the provider's stream ended before it was finished"
        )
        return self._error_frame(self.failed)

    def abort(self, error: GatewayError) -> bytes:
        """Return the dialect's in-band error, unless the client has seen one already.

        The unfinished frame is dropped.
        """
        if self._ended or self.failed is not None:
            return b""
        self._end()
        self.failed = error
        return self._error_frame(error)

    def _end(self) -> None:
        self._ended, self._flows = True, False

    def _begin(self, data: bytes) -> bool:
        start = data.lstrip()  # blank lines before the first frame say nothing
        if not start or self._ended or self._unframed is not None:
            return False
        if start.startswith((b"[", b"{")):
            self._unframed = self._dialect.chat.stream_decoder()
            return False
        self._flows = True
        return True

    def _unfollowed(self, data: bytes) -> bytes:
        if self._ended:
            return b""
        if self._unframed is not None:
            self._observe(self._unframed.feed(data))
        return data

    def _looked_into(self, whole: bytes, found: re.Match[bytes] | None) -> bytes:
        # A frame is found by what tells in it; those between them pass unread.
        tells = self._tells
        if found is None or whole.find(_COST) >= 0:
            tells = _telling((*self._dialect.markers, _COST))
            found = tells.search(whole)
        shown, since, at = [], 0, 0
        while found is not None:
            begin, at = frame_around(whole, found.start(), at)
            if not self._passes(whole[begin:at]):
                shown.append(whole[since:begin])
                since = at
            found = tells.search(whole, at)
        return whole if not since else b"".join([*shown, whole[since:]])

    def _passes(self, block: bytes) -> bool:
        frame = parse_frame(block)
        if frame is None:
            return True
        if frame.comments and (cost := cost_in(frame.comments)) is not None:
            self._observe([UsageSeen(Usage(cost=cost))])
        if not frame.data:
            return True
        self._observe(self._dialect.sniff(frame.data))
        return not (self._hide_usage and is_usage_frame(frame.data))

    def _is_done(self, rest: bytes) -> bool:
        # Some compatible servers never say why they finished, only that they did.
        shown = SseDecoder().cut(self._latest)
        last = parse_frame(rest) or (parse_frame(shown[-1]) if shown else None)
        return last is not None and last.data.strip() == b"[DONE]"

    def _error_frame(self, error: GatewayError) -> bytes:
        if self._unframed is not None:
            return b""
        return self._dialect.encode_stream_error(error, self._request_id)


@functools.lru_cache(maxsize=64)  # two for each dialect
def _telling(markers: tuple[bytes, ...]) -> re.Pattern[bytes]:
    # Some providers have their `"finish_reason": null` in every frame; that tells nothing.
    return re.compile(b"(?:%b)(?!\\s*:\\s*null)" % b"|".join(map(re.escape, markers)))


def is_usage_frame(data: bytes) -> bool:
    """Whether a chat frame holds usage and no choice (wire-formats.md §1.3, step 4)."""
    if _NO_CHOICES.search(data) is None:
        return False
    chunk = as_json_object(try_parse(data))
    return chunk.get("choices") == [] and isinstance(chunk.get("usage"), dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a client knows an answer by."""

    created: int | None = None  # s since 1970: for providers that do not date their answers
    id: str | None = None  # in place of the provider's


class Transcoder(_Observed):
    """A decoder of the provider's dialect feeding an encoder of the client's."""

    def __init__(
        self,
        source: Dialect,
        client: Dialect,
        request: ChatRequest | None,
        receipt: Receipt,
        watch: Callable[[Event], None] | None = None,  # is shown every event
        identity: Identity | None = None,
    ) -> None:
        super().__init__()
        self._watch = watch
        self._identity = identity
        self._decoder = source.chat.stream_decoder()
        self._encoder = client.chat.stream_encoder(request, receipt)

    def feed(self, data: bytes) -> bytes:
        """Return what the client gets for these bytes, possibly nothing yet."""
        return self._write(self._decoder.feed(data))

    def close(self) -> bytes:
        """End both sides."""
        return self._write(self._decoder.close()) + self._encoder.close()

    def abort(self, error: GatewayError) -> bytes:
        """Render the failure in the client's stream and end it."""
        return self._write([Failed(error)]) + self._encoder.close()

    def _write(self, events: list[Event]) -> bytes:
        if self.failed is not None:
            return b""  # nothing may follow the error that the client was shown
        if self._identity is not None and events:
            events[0] = identified(events[0], self._identity)
            self._identity = None
        self._observe(events)
        if self._watch is not None:
            for event in events:
                self._watch(event)
        if len(events) == 1:
            return self._encoder.encode(events[0])
        return b"".join([self._encoder.encode(event) for event in events])


def identified(event: Event, identity: Identity) -> Event:
    """Return an answer's first event with what the client is to know the answer by."""
    if not isinstance(event, Started):
        return event
    return replace(
        event,
        created=identity.created if event.created is None else event.created,
        id=event.id if identity.id is None else identity.id,
    )
