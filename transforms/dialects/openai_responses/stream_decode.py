"""Read a provider's stream (wire-formats.md §2.3)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from plexus.transforms.codec import as_json_object
from plexus.transforms.dialects.openai_responses.errors import failure
from plexus.transforms.dialects.openai_responses.incoming_items import IncomingItems
from plexus.transforms.dialects.openai_responses.origin import NAME, own
from plexus.transforms.dialects.openai_responses.response_decode import response_fields
from plexus.transforms.dialects.openai_responses.stops import decode_finish
from plexus.transforms.dialects.openai_responses.usage import comment_cost, decode_usage
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.events import BlockDelta, Event, Failed, Finished, Started, UsageSeen
from plexus.transforms.recurring import Recurring
from plexus.transforms.sse import Frame, SseDecoder, parse_frame
from plexus.transforms.wire import (
    JsonObject,
    count_at,
    object_at,
    objects_at,
    text_at,
    try_parse,
)

# What differs from one delta to the next and means nothing to us. In a string, the quote before the
# colon would be escaped, so these can only be keys.
_NUMBER: Final = re.compile(rb'"sequence_number": ?\d+')
_PADDING: Final = re.compile(rb'"obfuscation": ?"[A-Za-z0-9]*"')


class ResponsesStreamDecoder:
    """Holds one frame, and what response and items said when they began.

    The last event makes good what the others left out; whatever follows it is ignored.
    """

    def __init__(self) -> None:
        self._frames = SseDecoder()
        self._items = IncomingItems()
        self._started: Started | None = None
        self._ended = False
        self._recurring = Recurring()
        self._repeated = BlockDelta(0, "text", "")  # what the recurring frame said

    def feed(self, data: bytes) -> list[Event]:
        """Return the events in the frames that `data` completes."""
        if self._ended:
            return []
        try:
            blocks = self._frames.cut(data)
        except GatewayError as error:
            return self._fail(error)
        events: list[Event] = []
        for block in blocks:
            usual = _PADDING.sub(b'"obfuscation":""', _NUMBER.sub(b'"sequence_number":0', block))
            words = self._recurring.words(usual)
            if words is None:
                events += self._learn(block, usual)
            else:
                events.append(BlockDelta(self._repeated.index, self._repeated.kind, words))
        return events

    def _learn(self, block: bytes, usual: bytes) -> list[Event]:
        self._recurring.forget()
        frame = parse_frame(block)
        events = [] if frame is None else self._read([frame])
        said = events[0] if len(events) == 1 else None
        # Arguments are kept as well as told: there is no way around `IncomingCall`.
        if isinstance(said, BlockDelta) and said.kind != "arguments":
            self._repeated = said
            self._recurring.learn(usual, said.text, _words)
        return events

    def close(self) -> list[Event]:
        """Return what the end of the stream means: a failure, unless the answer had ended."""
        if self._ended:
            return []
        events = self._read(self._frames.close())
        if self._ended:
            return events
        cut = "the provider's stream ended before its response was completed"
        return events + self._fail(GatewayError(Kind.UPSTREAM_DOWN, cut))

    def _read(self, frames: list[Frame]) -> list[Event]:
        events: list[Event] = []
        for frame in frames:
            if self._ended:
                break
            if frame.comments:
                events += comment_cost(frame.comments)
            if frame.data and not frame.data.startswith(b"[DONE]"):
                events += self._read_event(frame)
        return events

    def _read_event(self, frame: Frame) -> list[Event]:
        event = try_parse(frame.data)
        if not isinstance(event, dict):
            broken = "the provider's stream holds a frame that is not a JSON object"
            return self._fail(GatewayError(Kind.UPSTREAM_INVALID, broken))
        kind = text_at(event, "type") or frame.event
        if (handler := _HANDLERS.get(kind)) is not None:
            return handler(self, event)
        about_item = self._items.take(kind, event)
        if about_item is not None:
            return (self.on_begun({}) if about_item else []) + about_item
        if object_at(event, "error") is not None:
            return self.on_error(event)
        return []  # keepalive, the progress of hosted tools, what is new

    def _fail(self, error: GatewayError) -> list[Event]:
        self._ended = True
        return [Failed(error)]

    def on_error(self, event: JsonObject) -> list[Event]:
        """The stream broke: flat as documented, or nested as the live API has it."""
        return self._fail(failure(object_at(event, "error") or event))

    def on_begun(self, event: JsonObject) -> list[Event]:
        """The response is announced; only the first time counts."""
        if self._started is not None:
            return []
        response = object_at(event, "response") or {}
        self._started = Started(
            id=text_at(response, "id") or "",
            model=text_at(response, "model") or "",
            created=count_at(response, "created_at"),
            ext={NAME: response_fields(response)},
        )
        return [self._started]

    def on_failed(self, event: JsonObject) -> list[Event]:
        """The response failed; it may have cost something all the same."""
        response = object_at(event, "response") or {}
        events = self.on_begun(event) + _usage(response)
        return events + self._fail(failure(object_at(response, "error") or {}))

    def on_ended(self, event: JsonObject) -> list[Event]:
        """The response is complete, or as complete as it will be."""
        response = object_at(event, "response") or {}
        if response.get("status") == "failed":
            return self.on_failed(event)
        events = self.on_begun(event)
        events += self._items.complete(objects_at(response, "output"))
        self._ended = True
        return [*events, *_usage(response), self._finish(event, response)]

    def _finish(self, event: JsonObject, response: JsonObject) -> Finished:
        if response.get("status") in (None, "queued", "in_progress"):
            # What the event is called tells more than a status that nobody kept up to date.
            incomplete = event.get("type") == "response.incomplete"
            response = {**response, "status": "incomplete" if incomplete else "completed"}
        blocks = self._items.blocks
        finish = decode_finish(response, called=blocks.called, refused=blocks.refused)
        known = own(self._started.ext) if self._started is not None else {}
        news = {k: v for k, v in response_fields(response).items() if known.get(k, ...) != v}
        kept = {**news, **own(finish.ext)}
        return replace(finish, ext={NAME: kept} if kept else {})


def _words(block: bytes) -> str | None:
    """Return the one string that a delta says."""
    frame = parse_frame(block)
    event = as_json_object(try_parse(frame.data)) if frame is not None else {}
    return text_at(event, "delta")


def _usage(response: JsonObject) -> list[Event]:
    usage = decode_usage(response.get("usage"))
    return [] if usage is None else [UsageSeen(usage)]


_HANDLERS: Final[Mapping[str, Callable[[ResponsesStreamDecoder, JsonObject], list[Event]]]] = {
    "response.created": ResponsesStreamDecoder.on_begun,
    "response.queued": ResponsesStreamDecoder.on_begun,
    "response.in_progress": ResponsesStreamDecoder.on_begun,
    "response.completed": ResponsesStreamDecoder.on_ended,
    "response.done": ResponsesStreamDecoder.on_ended,
    "response.incomplete": ResponsesStreamDecoder.on_ended,
    "response.cancelled": ResponsesStreamDecoder.on_ended,
    "response.failed": ResponsesStreamDecoder.on_failed,
    "error": ResponsesStreamDecoder.on_error,
}
