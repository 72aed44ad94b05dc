"""Build an answer out of events: the one machine behind this format's streams and replies."""

from __future__ import annotations

from typing import Final, assert_never

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.openai_responses.catalogue import catalogue
from plexus.transforms.dialects.openai_responses.echo import client_state, echo
from plexus.transforms.dialects.openai_responses.errors import describe_failure
from plexus.transforms.dialects.openai_responses.ids import response_id
from plexus.transforms.dialects.openai_responses.origin import own
from plexus.transforms.dialects.openai_responses.output import Output
from plexus.transforms.dialects.openai_responses.places import DeltaFrame
from plexus.transforms.dialects.openai_responses.stops import Ending, encode_stop
from plexus.transforms.dialects.openai_responses.usage import encode_usage
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
from plexus.transforms.ir import ChatRequest, Usage
from plexus.transforms.wire import JsonObject

_TERMINAL: Final = frozenset({"completed", "incomplete", "failed"})
_ONE_ANSWER: Final = "this format gives one answer"


class Assembly:
    """Takes events, returns the stream's events (without their numbers), keeps the response."""

    def __init__(self, request: ChatRequest | None, receipt: Receipt) -> None:
        self._request = request
        self._receipt = receipt
        self._started: Started | None = None
        self._id = ""
        self._base: JsonObject = {}
        self._output = Output("", {}, receipt)
        self._usage: Usage | None = None
        self._finished: Finished | None = None
        self.response: JsonObject = {}

    @property
    def has_started(self) -> bool:
        """Whether the response was announced."""
        return self._started is not None

    def go_on(self, delta: BlockDelta) -> DeltaFrame | None:
        """Take a delta of an open block and return its frame; `None` where `take` must do it."""
        return self._output.go_on(delta.index, delta.text)

    def take(self, event: Event) -> list[JsonObject]:
        """Return what an event becomes."""
        if isinstance(event, Started):
            return self._start(event)
        events = [] if self.has_started else self._start(Started(id="", model=""))
        match event:
            case BlockStarted():
                events += self._open(event)
            case BlockDelta() | Sealed() | Cited() | Segmented() | BlockEnded():
                events += self._grow(event)
            case LogProbs():
                events += self._take_logprobs(event)
            case UsageSeen(usage):
                self._usage = self._usage.merged(usage) if self._usage else usage
            case Finished():
                self._finished = event if event.choice == 0 else self._finished
            case Failed(error):
                events += self._fail(error)
            case _:
                assert_never(event)
        return events

    def finish(self) -> list[JsonObject]:
        """Return the events that end the answer; without a `Finished` it was cut off."""
        events = [] if self.has_started else self._start(Started(id="", model=""))
        ending = encode_stop(self._finished, refused=self._output.refused)
        whole = ending.status == "completed"
        events += self._output.close("completed" if whole else "incomplete")
        return [*events, self._end(ending)]

    def _start(self, started: Started) -> list[JsonObject]:
        if self._started is not None:
            return []
        self._started = started
        self._id = response_id(started.id)
        self._output = Output(self._id, catalogue(self._request), self._receipt)
        self._base = self._announced(started)
        return [
            {"type": f"response.{kind}", "response": self._object(Ending(status="in_progress"))}
            for kind in ("created", "in_progress")
        ]

    def _announced(self, started: Started) -> JsonObject:
        model = started.model or (self._request.model if self._request is not None else "")
        return {
            "id": self._id,
            "object": "response",
            "created_at": started.created or 0,
            "model": model,
            **echo(self._request),
            **own(started.ext),
        }

    def _object(self, ending: Ending) -> JsonObject:
        said: JsonObject = {
            "status": ending.status,
            "error": ending.error,
            "incomplete_details": ending.details,
            "output": self._output.items,
            "usage": encode_usage(self._usage),
        }
        final = own(self._finished.ext) if self._finished is not None else {}
        return {**self._base, **said, **final, **client_state(self._request)}

    def _open(self, event: BlockStarted) -> list[JsonObject]:
        if event.choice:
            self._receipt.dropped(f"choices[{event.choice}]", _ONE_ANSWER)
            return []
        return self._output.open(event.index, event.block)

    def _grow(
        self, event: BlockDelta | Sealed | Cited | Segmented | BlockEnded
    ) -> list[JsonObject]:
        match event:
            case BlockDelta():
                return self._output.delta(event.index, event.text)
            case Sealed():
                return self._output.seal(event.index, event.seal)
            case Cited():
                return self._output.cite(event.index, event.citation)
            case Segmented():
                return self._output.segment(event.index)
            case BlockEnded():
                return self._output.end(event.index, event.block)
            case _:
                assert_never(event)

    def _take_logprobs(self, event: LogProbs) -> list[JsonObject]:
        if event.choice or not isinstance(event.items, list) or not event.items:
            return []
        return self._output.add_logprobs(event.items)

    def _fail(self, error: GatewayError) -> list[JsonObject]:
        self._finished = None
        events = self._output.close("incomplete")
        return [*events, self._end(Ending(status="failed", error=describe_failure(error)))]

    def _end(self, ending: Ending) -> JsonObject:
        self.response = self._object(ending)
        kind = ending.status if ending.status in _TERMINAL else "completed"
        return {"type": f"response.{kind}", "response": self.response}
