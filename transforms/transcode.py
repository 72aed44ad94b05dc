"""Join a provider's stream to a client's: bytes in, bytes out, one pipe per call."""

from __future__ import annotations

from typing import Protocol

from plexus.transforms.codec import Dialect, Receipt
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.events import Event, Failed, Finished, UsageSeen
from plexus.transforms.ir import ChatRequest, Stop, Usage
from plexus.transforms.sse import Frame, SseDecoder


class Pipe(Protocol):
    """What stands between a provider's stream and a client; says what it saw go by."""

    usage: Usage | None
    stop: Stop | None
    failed: GatewayError | None

    def feed(self, data: bytes) -> bytes:
        """Take bytes from the provider, return bytes for the client."""
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

    `hide_usage` takes out the frame that holds nothing but usage: the one we asked for on behalf of
    a client that did not (dataplane.md §5.2).
    """

    def __init__(self, dialect: Dialect, request_id: str, *, hide_usage: bool = False) -> None:
        super().__init__()
        self._dialect = dialect
        self._request_id = request_id
        self._frames = SseDecoder()
        self._hide_usage = hide_usage

    def feed(self, data: bytes) -> bytes:
        """Return `data`; with `hide_usage`, whole frames as they complete."""
        held = self._frames.pending if self._hide_usage else b""
        frames = self._frames.feed(data)
        for frame in frames:
            self._look(frame)
        if not self._hide_usage:
            return data
        return self._without_usage(held + data)

    def close(self) -> bytes:
        """Return what was held back, and note a stream that ended before its finish."""
        held = self._frames.pending if self._hide_usage else b""
        for frame in self._frames.close():
            self._look(frame)
        if self.stop is None and self.failed is None:
            self.failed = GatewayError(
                Kind.UPSTREAM_DOWN, "the provider's stream ended before it was finished"
            )
        return held

    def abort(self, error: GatewayError) -> bytes:
        """Return the dialect's in-band error."""
        self.failed = error
        return self._dialect.encode_stream_error(error, self._request_id)

    def _look(self, frame: Frame) -> None:
        if any(marker in frame.data for marker in self._dialect.markers):
            self._observe(self._dialect.sniff(frame.data))

    def _without_usage(self, data: bytes) -> bytes:
        done = len(data) - len(self._frames.pending)
        return b"".join(block for block in _blocks(data[:done]) if not is_usage_frame(block))


def _blocks(data: bytes) -> list[bytes]:
    """Cut completed frames apart, each with its empty line."""
    blocks = []
    while data:
        end = min(
            (
                i + len(mark)
                for mark in (b"\n\n", b"\r\n\r\n", b"\r\r")
                if (i := data.find(mark)) >= 0
            ),
            default=len(data),
        )
        blocks.append(data[:end])
        data = data[end:]
    return blocks


def is_usage_frame(block: bytes) -> bool:
    """Whether a chat frame holds usage and nothing else: `"choices":[]` (wire-formats.md §1.3)."""
    if b'"usage"' not in block or b'"choices"' not in block:
        return False
    squeezed = block.replace(b" ", b"")
    return b'"choices":[]' in squeezed and b'"usage":{' in squeezed


class Transcoder(_Observed):
    """A decoder of the provider's dialect feeding an encoder of the client's."""

    def __init__(
        self, source: Dialect, client: Dialect, request: ChatRequest | None, receipt: Receipt
    ) -> None:
        super().__init__()
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
        self._observe(events)
        return b"".join([self._encoder.encode(event) for event in events])
