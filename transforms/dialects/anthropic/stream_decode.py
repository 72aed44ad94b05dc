"""Turn Anthropic's event stream into events.

Strategy: one frame at a time; several blocks may be open, for compatible servers are not as orderly
as Anthropic. A call's arguments pass as they come. Blocks that only Anthropic understands grow here
until they end, for nobody else can put their deltas together. The end is told at `message_stop`,
from all `message_delta`s. A stream that breaks ends in `Failed`, its open blocks left open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, Final

from plexus.transforms.assemble import replay
from plexus.transforms.dialects.anthropic.content_decode import decode_block
from plexus.transforms.dialects.anthropic.errors import stream_error
from plexus.transforms.dialects.anthropic.identity import as_ext
from plexus.transforms.dialects.anthropic.response import decode_response, extra_fields
from plexus.transforms.dialects.anthropic.stops import decode_end, ending_of
from plexus.transforms.dialects.anthropic.stream_decode_block import OpenBlock
from plexus.transforms.dialects.anthropic.stream_words import unpadded, words_of
from plexus.transforms.dialects.anthropic.usage import decode_usage, merge_usage
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.events import (
    BlockDelta,
    BlockEnded,
    BlockStarted,
    Event,
    Failed,
    Finished,
    Started,
    UsageSeen,
)
from plexus.transforms.ir import Part, Usage
from plexus.transforms.recurring import Recurring
from plexus.transforms.sse import Frame, SseDecoder, parse_frame
from plexus.transforms.stream_comments import cost_in
from plexus.transforms.wire import Json, JsonObject, list_at, object_at, rest, text_at, try_parse

_DELTA_FRAME: Final = frozenset({"type", "delta", "usage"})


class StreamDecoder:
    """Reads one stream."""

    __slots__ = (
        "_end",
        "_ended",
        "_frames",
        "_next",
        "_open",
        "_recurring",
        "_repeated",
        "_started",
        "_usage",
    )

    def __init__(self) -> None:
        self._frames = SseDecoder()
        self._recurring = Recurring()
        self._repeated = BlockDelta(0, "text", "")  # what the recurring frame said
        self._open: dict[int, OpenBlock] = {}  # by Anthropic's index
        self._next = 0
        self._started = False
        self._ended = False
        self._end: JsonObject = {}  # stop_reason and what belongs to it
        self._usage: JsonObject = {}

    def feed(self, data: bytes) -> list[Event]:
        """Return the events of the frames that `data` completes."""
        if self._ended:
            return []
        try:
            blocks = self._frames.cut(data)
        except GatewayError as error:
            return self._fail(error)
        events: list[Event] = []
        for block in blocks:
            words = self._recurring.words(unpadded(block))
            if words is None:
                events += self._learn(block)
            else:
                events.append(BlockDelta(self._repeated.index, self._repeated.kind, words))
        return events

    def _learn(self, block: bytes) -> list[Event]:
        self._recurring.forget()
        frame = parse_frame(block)
        events = [] if frame is None else self._read(frame)
        if len(events) == 1 and isinstance(said := events[0], BlockDelta):
            self._repeated = said
            self._recurring.learn(unpadded(block), said.text, words_of)
        return events

    def close(self) -> list[Event]:
        """Return the events of the end; `Failed` if the answer was not finished."""
        if self._ended:
            return []
        if not self._started and self._frames.pending.lstrip().startswith(b"{"):
            return self._read_whole(self._frames.pending)
        events: list[Event] = []
        for frame in self._frames.close():
            events += self._read(frame)
        if self._ended:
            return events
        if text_at(self._end, "stop_reason"):  # some servers forget message_stop
            return events + self._finish()
        lost = GatewayError(Kind.UPSTREAM_DOWN, "the provider's stream ended before its answer did")
        return events + self._fail(lost)

    def _read_whole(self, data: bytes) -> list[Event]:
        """Read a whole answer, or error, that came instead of a stream."""
        body = try_parse(data)
        self._ended = True
        try:
            return list(replay(decode_response(body if isinstance(body, dict) else {})))
        except GatewayError as error:
            return [Failed(error)]

    def _read(self, frame: Frame) -> list[Event]:
        if self._ended:
            return []
        if frame.comments and (cost := cost_in(frame.comments)) is not None:
            bare = frame._replace(comments=())
            return [UsageSeen(Usage(cost=cost)), *self._read(bare)]
        if not frame.data:
            return []
        event = try_parse(frame.data)
        if not isinstance(event, dict):
            return self._read_odd(frame, event)
        handle = self._HANDLERS.get(text_at(event, "type") or frame.event)
        if handle is not None:
            return handle(self, event)
        return self._failed(event) if event.get("error") else []

    def _read_odd(self, frame: Frame, value: Json) -> list[Event]:
        if frame.event == "error":
            return self._fail(stream_error(value, frame.data))
        if value is not None or frame.data.strip() in (b"", b"[DONE]", b"null"):
            return []
        return self._fail(
            GatewayError(Kind.UPSTREAM_INVALID, "the provider's stream holds data that is no JSON")
        )

    def _message_start(self, event: JsonObject) -> list[Event]:
        message = object_at(event, "message") or {}
        events: list[Event] = []
        if not self._started:
            self._started = True
            ext = as_ext(extra_fields(message))
            name, model = text_at(message, "id") or "", text_at(message, "model") or ""
            events.append(Started(id=name, model=model, ext=ext))
        events += self._see_usage(message, provisional=True)
        self._end |= ending_of(message)
        for raw in list_at(message, "content"):  # a turn that only goes on may come whole
            if isinstance(raw, dict):
                events += self._whole_block(decode_block(raw))
        return events

    def _begin(self) -> list[Event]:
        """Start an answer whose provider has not."""
        if self._started:
            return []
        self._started = True
        return [Started(id="", model="")]

    def _whole_block(self, part: Part) -> list[Event]:
        index, self._next = self._next, self._next + 1
        return [BlockStarted(index=index, block=part), BlockEnded(index=index)]

    def _block_start(self, event: JsonObject) -> list[Event]:
        number = _number(event)
        raw = object_at(event, "content_block")
        if raw is None:
            return []
        events = [*self._begin(), *self._end_block(number)]
        block = OpenBlock(self._next, decode_block(raw))
        self._open[number] = block
        self._next += 1
        return [*events, BlockStarted(index=block.index, block=block.part)]

    def _block_delta(self, event: JsonObject) -> list[Event]:
        delta = event.get("delta")
        if not isinstance(delta, dict):
            return []
        block = self._open.get(_number(event))
        return self._orphan(event, delta) if block is None else block.take(delta)

    def _orphan(self, event: JsonObject, delta: JsonObject) -> list[Event]:
        """Open the block that a delta belongs to, where the provider did not."""
        kind = (text_at(delta, "type") or "").removesuffix("_delta")
        if kind not in ("text", "thinking"):
            return []
        start: JsonObject = {**event, "content_block": {"type": kind, kind: ""}}
        return [*self._block_start(start), *self._block_delta(event)]

    def _block_stop(self, event: JsonObject) -> list[Event]:
        return self._end_block(_number(event))

    def _end_block(self, number: int) -> list[Event]:
        block = self._open.pop(number, None)
        return [] if block is None else block.end()

    def _message_delta(self, event: JsonObject) -> list[Event]:
        said = rest(event, _DELTA_FRAME) | (object_at(event, "delta") or {})
        self._end |= {key: value for key, value in said.items() if value is not None}
        return [*self._begin(), *self._see_usage(event)]

    def _see_usage(self, event: JsonObject, *, provisional: bool = False) -> list[Event]:
        reported = object_at(event, "usage")
        if not reported:
            return []
        self._usage = merge_usage(self._usage, reported)
        usage = decode_usage(self._usage, provisional=provisional)
        return [] if usage is None else [UsageSeen(usage)]

    def _message_stop(self, _event: JsonObject) -> list[Event]:
        return [*self._begin(), *self._finish()]

    def _finish(self) -> list[Event]:
        events: list[Event] = []
        for number in list(self._open):
            events += self._end_block(number)
        end = decode_end(self._end)
        self._ended = True
        return [
            *events,
            Finished(
                stop=end.stop,
                stop_sequence=end.stop_sequence,
                stop_detail=end.stop_detail,
                ext=end.ext,
            ),
        ]

    def _failed(self, event: JsonObject) -> list[Event]:
        return self._fail(stream_error(event))

    def _fail(self, error: GatewayError) -> list[Event]:
        self._ended = True
        return [Failed(error)]

    _HANDLERS: ClassVar[Mapping[str, Callable[[StreamDecoder, JsonObject], list[Event]]]] = {
        "content_block_delta": _block_delta,
        "content_block_start": _block_start,
        "content_block_stop": _block_stop,
        "message_start": _message_start,
        "message_delta": _message_delta,
        "message_stop": _message_stop,
        "error": _failed,
    }


def _number(event: JsonObject) -> int:
    number = event.get("index")
    return number if isinstance(number, int) else 0
