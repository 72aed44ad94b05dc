"""Stream to whole and whole to stream: `collect(replay(response)) == response`."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import assert_never

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
    ChatResponse,
    Choice,
    Citation,
    Part,
    Refusal,
    Seal,
    Stop,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from plexus.transforms.wire import Json


@dataclass(slots=True)
class _Block:
    opening: Part
    choice: int
    pieces: list[str] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)  # where in `pieces` a new segment begins
    citations: list[Citation] = field(default_factory=list)
    seal: Seal | None = None
    restated: Part | None = None

    def add(self, event: BlockDelta | Sealed | Cited | Segmented | BlockEnded) -> None:
        match event:
            case BlockDelta():
                self.pieces.append(event.text)
            case Sealed():
                self.seal = event.seal
            case Cited():
                self.citations.append(event.citation)
            case Segmented():
                self.breaks.append(len(self.pieces))
            case BlockEnded():
                self.restated = event.block
            case _:
                assert_never(event)

    def whole(self) -> Part:
        if self.restated is not None:
            return self.restated
        text = "".join(self.pieces)
        match self.opening:
            case Text() as block:
                return replace(
                    block,
                    text=block.text + text,
                    citations=(*block.citations, *self.citations),
                )
            case Thinking() as block:
                return self._thinking(block, text)
            case ToolCall() as block:
                return replace(
                    block, arguments=block.arguments + text, seal=self.seal or block.seal
                )
            case Refusal() as block:
                return replace(block, text=block.text + text)
            case block:
                return block

    def _thinking(self, block: Thinking, text: str) -> Thinking:
        seal = self.seal or block.seal
        if not block.segments and not self.breaks:
            return replace(block, text=block.text + text, seal=seal)
        bounds = [0, *self.breaks, len(self.pieces)]
        first, *later = ("".join(self.pieces[a:b]) for a, b in itertools.pairwise(bounds))
        *whole, begun = block.segments or (block.text,)
        segments = (*whole, begun + first, *later)
        return replace(block, text="\n\n".join(segments), segments=segments, seal=seal)


class Collector:
    """Builds the whole answer from its events, one at a time."""

    def __init__(self) -> None:
        self._started: Started | None = None
        self._blocks: dict[int, _Block] = {}
        self._finished: dict[int, Finished] = {}
        self._logprobs: dict[int, list[Json]] = {}
        self.usage: Usage | None = None

    def add(self, event: Event) -> None:
        """Take the next event. Raise the error of a `Failed`."""
        match event:
            case Started():
                self._started = event
            case BlockStarted():
                self._blocks[event.index] = _Block(event.block, event.choice)
            case BlockDelta() | Sealed() | Cited() | Segmented() | BlockEnded():
                self._blocks[event.index].add(event)
            case LogProbs():
                if isinstance(event.items, list):
                    self._logprobs.setdefault(event.choice, []).extend(event.items)
            case UsageSeen():
                self.usage = self.usage.merged(event.usage) if self.usage else event.usage
            case Finished():
                self._finished[event.choice] = event
            case Failed():
                raise event.error
            case _:
                assert_never(event)

    def response(self) -> ChatResponse:
        """Return the answer so far. Raise `GatewayError` if not even its start was seen."""
        if self._started is None:
            raise GatewayError(Kind.UPSTREAM_INVALID, "the provider's stream held no answer")
        numbers = {0, *self._finished, *(b.choice for b in self._blocks.values())}
        return ChatResponse(
            id=self._started.id,
            model=self._started.model,
            created=self._started.created,
            choices=tuple(self._choice(number) for number in sorted(numbers)),
            usage=self.usage,
            ext=self._started.ext,
        )

    def _choice(self, number: int) -> Choice:
        end = self._finished.get(number)
        logprobs = self._logprobs.get(number)
        return Choice(
            parts=tuple(
                block.whole() for _, block in sorted(self._blocks.items()) if block.choice == number
            ),
            stop=end.stop if end else Stop.OTHER,
            stop_sequence=end.stop_sequence if end else None,
            stop_detail=end.stop_detail if end else None,
            logprobs=logprobs,
            ext=end.ext if end else {},
        )


def collect(events: Iterable[Event]) -> ChatResponse:
    """Build the whole answer from the events of its stream. Raise the error of a `Failed`."""
    collector = Collector()
    for event in events:
        collector.add(event)
    return collector.response()


def replay(response: ChatResponse) -> list[Event]:
    """Return the events of a stream that would have built `response`."""
    events: list[Event] = [
        Started(id=response.id, model=response.model, created=response.created, ext=response.ext)
    ]
    index = 0
    for number, choice in enumerate(response.choices):
        for part in choice.parts:
            events += _replay_part(index, part, number)
            index += 1
        if choice.logprobs is not None:
            events.append(LogProbs(choice.logprobs, number))
    events += [
        Finished(
            stop=choice.stop,
            stop_sequence=choice.stop_sequence,
            stop_detail=choice.stop_detail,
            choice=number,
            ext=choice.ext,
        )
        for number, choice in enumerate(response.choices)
    ]
    if response.usage is not None:
        events.append(UsageSeen(response.usage))
    return events


def _replay_part(index: int, part: Part, choice: int) -> list[Event]:
    opening: Part = part
    inner: list[Event] = []
    match part:
        case Text():
            opening = replace(part, text="", citations=())
            inner = [BlockDelta(index, "text", part.text)] if part.text else []
            inner += [Cited(index, citation) for citation in part.citations]
        case Thinking():
            opening = replace(part, text="", seal=None, segments=("",) if part.segments else ())
            inner = _replay_thinking(index, part)
        case ToolCall():
            opening = replace(part, arguments="", seal=None)
            inner = [BlockDelta(index, "arguments", part.arguments)] if part.arguments else []
            inner += [Sealed(index, part.seal)] if part.seal else []
        case Refusal():
            opening = replace(part, text="")
            inner = [BlockDelta(index, "refusal", part.text)] if part.text else []
        case _:
            pass  # media and opaque blocks stand whole in their start
    return [
        BlockStarted(index=index, block=opening, choice=choice),
        *inner,
        BlockEnded(index=index),
    ]


def _replay_thinking(index: int, part: Thinking) -> list[Event]:
    events: list[Event] = []
    for number, segment in enumerate(part.segments or (part.text,)):
        if number:
            events.append(Segmented(index))
        if segment:
            events.append(BlockDelta(index, "thinking", segment))
    if part.seal:
        events.append(Sealed(index, part.seal))
    return events
