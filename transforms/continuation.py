"""Go on with another provider's stream where the first one broke off, in one answer to the client.

The client's encoder lives on; only the decoder is replaced. The blocks of the second stream get the
next numbers, its first text goes on in the text block that was open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from plexus.transforms.codec import Dialect, Receipt
from plexus.transforms.errors import GatewayError
from plexus.transforms.events import (
    BlockDelta,
    BlockEnded,
    BlockStarted,
    Cited,
    Event,
    Failed,
    Finished,
    LogProbs,
    Sealed,
    Segmented,
    Started,
    UsageSeen,
)
from plexus.transforms.ir import ChatRequest, Message, Stop, Text, Thinking, ToolCall, Usage
from plexus.transforms.transcode import Identity, identified

GO_ON: Final = (
    "Your answer was cut off. Continue it exactly where it stops, with the very next character: "
    "repeat nothing, and do not remark on this."
)


def continued(request: ChatRequest, text: str) -> ChatRequest:
    """Return the request that asks for the rest of an answer of which `text` has arrived."""
    if not text:
        return request
    more = (
        Message(role="assistant", parts=(Text(text=text),)),
        Message(role="user", parts=(Text(text=GO_ON),)),
    )
    return replace(request, messages=(*request.messages, *more))


class Continuing:
    """A `Pipe` that tells of a break in `broken` instead of to the client, and can `resume`."""

    def __init__(
        self,
        source: Dialect,
        client: Dialect,
        request: ChatRequest | None,
        receipt: Receipt,
        watch: Callable[[Event], None] | None = None,
        identity: Identity | None = None,
    ) -> None:
        self.usage: Usage | None = None
        self.stop: Stop | None = None
        self.failed: GatewayError | None = None
        self.broken: GatewayError | None = None
        self._receipt: Final = receipt
        self._watch = watch
        self._identity: Final = Identity() if identity is None else identity
        self._decoder = source.chat.stream_decoder()
        self._encoder: Final = client.chat.stream_encoder(request, receipt)
        self._text: list[str] = []
        self._places: dict[int, int | None] = {}  # the provider's → the client's; None: hidden
        self._open: dict[int, bool] = {}  # the client's open blocks, and whether they are text
        self._held: list[Event] = []  # the end of a text: it may yet be gone on with
        self._next = 0
        self._is_single = True
        self._shift = 0  # characters of the open text that an earlier provider wrote
        self._spent = Usage()  # by earlier providers
        self._is_resumed = False

    @property
    def text(self) -> str:
        """What the client has of the answer's text."""
        return "".join(self._text)

    @property
    def can_go_on(self) -> bool:
        """Whether another provider can take over: not in the middle of a tool call, nor of two."""
        return self._is_single and self.stop is None

    def feed(self, data: bytes) -> bytes:
        """Return what the client gets for these bytes."""
        return self._write(self._decoder.feed(data))

    def close(self) -> bytes:
        """Take the end of the provider's stream; end the client's unless it is `broken`."""
        rest = self._write(self._decoder.close())
        if self.broken is not None:
            return rest
        return rest + b"".join([self._encode(held) for held in self._held]) + self._encoder.close()

    def abort(self, error: GatewayError) -> bytes:
        """Tell the client of the failure."""
        self.failed = error
        return self._encoder.encode(Failed(error)) + self._encoder.close()

    def resume(self, source: Dialect) -> bytes:
        """Go on with a stream of this dialect that answers a `continued` request."""
        self._receipt.invented("content", "the answer was taken over by another target")
        self._decoder = source.chat.stream_decoder()
        self._spent = self.usage or Usage()
        self._watch, self.broken, self._is_resumed = None, None, True
        self._places.clear()
        self._shift = len(self.text)
        shut = [place for place, is_text in self._open.items() if not is_text]
        return b"".join([self._encode(BlockEnded(index=place)) for place in shut])

    def _write(self, events: list[Event]) -> bytes:
        out: list[bytes] = []
        for event in events:
            if self.broken is not None:
                break
            if isinstance(event, Failed):
                self.broken = event.error
                self._held.clear()
                break
            for placed in self._placed(event):
                out += [self._encode(held) for held in self._held]
                self._held.clear()
                if isinstance(placed, BlockEnded) and self._open.get(placed.index):
                    self._held.append(placed)
                else:
                    out.append(self._encode(placed))
        return b"".join(out)

    def _encode(self, event: Event) -> bytes:
        match event:
            case BlockStarted():
                self._open[event.index] = isinstance(event.block, Text)
                self._is_single = self._is_single and event.choice == 0
                self._is_single = self._is_single and not isinstance(event.block, ToolCall)
            case BlockDelta(_, "text", text):
                self._text.append(text)
            case BlockEnded():
                self._open.pop(event.index, None)
            case UsageSeen(usage):
                self.usage = usage if self.usage is None else self.usage.merged(usage)
            case Finished():
                self.stop = event.stop
            case _:
                pass
        if self._watch is not None:
            self._watch(event)
        return self._encoder.encode(event)

    def _placed(self, event: Event) -> Iterator[Event]:
        """Yield what the event is in the client's numbering."""
        match event:
            case Started():
                if not self._is_resumed:
                    yield identified(event, self._identity)
            case BlockStarted():
                yield from self._placed_start(event)
            case UsageSeen(usage):
                yield UsageSeen(_sum(self._spent, usage))
            case LogProbs() | Finished() | Failed():
                yield event
            case _:
                place = self._places.get(event.index)
                if place is not None:
                    yield self._moved(event, place)

    def _placed_start(self, event: BlockStarted) -> Iterator[Event]:
        held = next((place for place, is_text in self._open.items() if is_text), None)
        if self._is_resumed and held is not None and isinstance(event.block, Text):
            self._places[event.index] = held
            return
        if self._is_resumed and self._text and isinstance(event.block, Thinking):
            self._places[event.index] = None  # thoughts about how to go on are none of the answer
            return
        if self._is_resumed and held is not None:
            yield BlockEnded(index=held)
        self._places[event.index] = self._next
        yield replace(event, index=self._next)
        self._next += 1

    def _moved(
        self, event: BlockDelta | Sealed | Cited | Segmented | BlockEnded, place: int
    ) -> Event:
        match event:
            case BlockEnded() if self._is_resumed:
                return BlockEnded(index=place)  # a restated block would be the second half only
            case Cited(_, citation) if self._shift:
                start, end = citation.start, citation.end
                return Cited(
                    place,
                    replace(
                        citation,
                        start=None if start is None else start + self._shift,
                        end=None if end is None else end + self._shift,
                    ),
                )
            case _:
                return replace(event, index=place)


def _sum(spent: Usage, more: Usage) -> Usage:
    if spent == Usage():
        return more
    return replace(
        more,
        input=_plus(spent.input, more.input),
        output=_plus(spent.output, more.output),
        cache_read=_plus(spent.cache_read, more.cache_read),
        cache_write=_plus(spent.cache_write, more.cache_write),
        cache_write_1h=_plus(spent.cache_write_1h, more.cache_write_1h),
        reasoning=_plus(spent.reasoning, more.reasoning),
        cost=None if spent.cost is None or more.cost is None else spent.cost + more.cost,
    )


def _plus(a: int | None, b: int | None) -> int | None:
    if a is None or b is None:
        return b if a is None else a
    return a + b
