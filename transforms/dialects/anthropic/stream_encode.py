"""Turn events into Anthropic's event stream.

Strategy: Anthropic has one block open at a time, with indexes 0, 1, 2 …, so a block is opened by
what it has to say first and closed as soon as another has something to say. Only a call's arguments
cannot be taken up again: what comes beside them waits until they are complete. `message_start` goes
with the second event, for the first usage often comes right behind the start; the end waits for
`close`, for usage may follow the finish. Held in memory: the arguments of the open call, and what
waits behind it.
"""

from __future__ import annotations

from typing import Final, assert_never

from plexus.transforms.assemble import replay
from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.anthropic.answer_encode import carrier, encode_part
from plexus.transforms.dialects.anthropic.errors import encode_stream_error
from plexus.transforms.dialects.anthropic.identity import clients_name, message_id, own
from plexus.transforms.dialects.anthropic.response import unreadable_call
from plexus.transforms.dialects.anthropic.stops import End, encode_end
from plexus.transforms.dialects.anthropic.stream_encode_block import (
    CallBlock,
    Payload,
    TextBlock,
    ThinkingBlock,
    WholeBlock,
    WireBlock,
)
from plexus.transforms.dialects.anthropic.stream_encode_writer import BlockWriter, Place
from plexus.transforms.dialects.anthropic.usage import encode_usage
from plexus.transforms.errors import GatewayError, Kind
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
from plexus.transforms.ir import (
    ChatRequest,
    ChatResponse,
    Choice,
    Part,
    Refusal,
    Seal,
    Stop,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from plexus.transforms.sse import frame
from plexus.transforms.wire import JsonObject, rest

# What `message_delta` need not repeat of a usage that `message_start` had.
_AT_START: Final = frozenset({"cache_creation", "service_tier", "inference_geo", "speed"})


class StreamEncoder:
    """Writes one stream."""

    def __init__(self, request: ChatRequest | None, receipt: Receipt) -> None:
        self._request = request
        self._receipt = receipt
        self._start = Started(id="", model="" if request is None else request.model)
        self._begun = False
        self._done = False
        self._seen = False  # any event at all
        self._usage: Usage | None = None
        self._usage_at_start = False
        self._finished: Finished | None = None
        self._parts: dict[int, Part] = {}  # open on the provider's side
        self._places: dict[int, Place] = {}  # of those that stream
        self._writer = BlockWriter()
        self._called = False
        self._refused = False

    def encode(self, event: Event) -> bytes:
        """Return the bytes that an event gives right now."""
        if self._done:
            return b""
        if isinstance(event, BlockDelta):
            place = self._places.get(event.index)
            if place is not None and (data := self._writer.flowing(place, event.text)):
                return data
        self._seen = True
        match event:
            case Started():
                self._start = event
                return b""
            case UsageSeen(usage):
                self._usage = self._usage.merged(usage) if self._usage else usage
                return self._begin()
            case Failed(error):
                return self._fail(error)
            case _:
                start = self._begin()
                self._tell(event)
                return start + self._writer.taken()

    def close(self) -> bytes:
        """Return the end: what still waits, `message_delta` and `message_stop`."""
        if self._done:
            return b""
        if not self._seen:
            return self._fail(
                GatewayError(Kind.UPSTREAM_INVALID, "the provider's stream held no answer")
            )
        start = self._begin()
        for index in list(self._parts):
            self._end_block(BlockEnded(index=index))
        end = self._finished or Finished(stop=Stop.END)
        if end.stop is Stop.MALFORMED and self._writer.empty:
            return start + self._fail(unreadable_call(end.stop_detail))
        self._done = True
        return start + self._writer.taken() + self._message_end(end)

    def _fail(self, error: GatewayError) -> bytes:
        self._done = True
        return encode_stream_error(error)

    def _begin(self) -> bytes:
        if self._begun:
            return b""
        self._begun = True
        self._usage_at_start = self._usage is not None
        message: JsonObject = {
            "id": message_id(self._start.id),
            "type": "message",
            "role": "assistant",
            "model": self._start.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": encode_usage(self._usage),
            **own(self._start.ext),
        }
        return frame({"type": "message_start", "message": message}, "message_start")

    def _message_end(self, finished: Finished) -> bytes:
        end = End(
            stop=finished.stop,
            stop_sequence=finished.stop_sequence,
            stop_detail=finished.stop_detail,
            ext=finished.ext,
        )
        delta = encode_end(end, called=self._called, refused=self._refused)
        usage = encode_usage(self._usage)
        if self._usage_at_start:
            usage = rest(usage, _AT_START)
        event: JsonObject = {"type": "message_delta", "delta": delta, "usage": usage}
        if "context_management" in delta:
            event["context_management"] = delta.pop("context_management")
        return frame(event, "message_delta") + frame({"type": "message_stop"}, "message_stop")

    def _tell(self, event: BlockStarted | Payload | BlockEnded | LogProbs | Finished) -> None:
        match event:
            case BlockStarted():
                self._start_block(event)
            case BlockDelta() | Sealed() | Cited() | Segmented():
                place = self._places.get(event.index)
                if place is not None:
                    self._say(place, event)
            case BlockEnded():
                self._end_block(event)
            case LogProbs():
                self._receipt.dropped("logprobs", "Anthropic has none")
            case Finished():
                if event.choice == 0 and self._finished is None:
                    self._finished = event
            case _:
                assert_never(event)

    def _start_block(self, event: BlockStarted) -> None:
        if event.choice != 0:
            self._receipt.dropped(f"choices[{event.choice}]", "Anthropic's answers are single")
            return
        self._called = self._called or isinstance(event.block, ToolCall)
        self._refused = self._refused or isinstance(event.block, Refusal)
        block = self._wire_block(event.index, event.block)
        self._parts[event.index] = event.block
        if block is not None:
            self._places[event.index] = place = Place(block)
            if isinstance(event.block, ToolCall) and event.block.seal is not None:
                self._say(place, Sealed(event.index, event.block.seal))  # thoughts go first
            self._writer.push(place, [])
            self._say_all(place, event.block)

    def _wire_block(self, index: int, part: Part) -> WireBlock | None:
        path = f"parts[{index}]"
        match part:
            case Text() | Refusal():
                return TextBlock(path, part)
            case Thinking():
                return ThinkingBlock(path, part)
            case ToolCall():
                part = clients_name(part, self._request)
                return CallBlock(part, self._start.id, index)
            case _:
                return None  # written when it ends, for its end may restate it

    def _say_all(self, place: Place, part: Part) -> None:
        for payload in _payloads(part):
            self._say(place, payload)

    def _carry(self, seal: Seal, call: CallBlock) -> None:
        if seal != call.seal:
            call.seal = seal
            block = carrier(seal, str(call.opening["id"]))
            if block is not None:
                self._writer.end(Place(WholeBlock(block)))

    def _say(self, place: Place, payload: Payload) -> None:
        if isinstance(payload, Sealed) and isinstance(place.block, CallBlock):
            self._carry(payload.seal, place.block)
            return
        place.spoken = True
        self._writer.push(place, place.block.take(payload, self._receipt))

    def _end_block(self, event: BlockEnded) -> None:
        part = self._parts.pop(event.index, None)
        if part is None:
            return
        place = self._places.pop(event.index, None)
        if place is None:
            self._write_whole(event.index, event.block or part)
            return
        if event.block is not None and not place.spoken:
            self._say_all(place, event.block)
        self._writer.end(place)

    def _write_whole(self, index: int, part: Part) -> None:
        content = encode_part(part, f"parts[{index}]", self._start.id, index, self._receipt)
        if content:
            self._writer.end(Place(WholeBlock(content)))


def _payloads(part: Part) -> list[Payload]:
    """Return what a part says, as the deltas of a block that opened empty."""
    events = replay(ChatResponse(id="", model="", choices=(Choice(parts=(part,)),)))
    return [event for event in events if isinstance(event, BlockDelta | Sealed | Cited | Segmented)]
