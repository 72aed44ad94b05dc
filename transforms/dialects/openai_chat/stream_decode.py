"""Turn a chat provider's stream into events (wire-formats.md §1.3, §5).

Strategy: a choice's `Finished` is held back until the stream says that it is over (`[DONE]`, the
usage frame, or its end), because some servers repeat finish reasons while content still comes. Of
a frame, nothing is kept but fields that chunks say about the whole answer. A frame that repeats the
one before it with other words is not parsed again: see `Recurring`.
"""

from __future__ import annotations

from typing import Final

from plexus.transforms.blocks import BlockTracker
from plexus.transforms.codec import as_json_object
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.events import BlockDelta, Event, Failed, Started, UsageSeen
from plexus.transforms.ir import Usage
from plexus.transforms.recurring import Recurring
from plexus.transforms.sse import Frame, SseDecoder, parse_frame
from plexus.transforms.stream_comments import cost_in
from plexus.transforms.wire import (
    JsonObject,
    count_at,
    list_at,
    object_at,
    parse,
    text_at,
    try_parse,
)

from .errors import error_in
from .fields import NAME
from .stream_choice import ChoiceDecoder
from .usage import decode_usage, usage_in

# `obfuscation` and Mistral's `p` are padding.
_KNOWN: Final = frozenset(
    {"id", "object", "created", "model", "choices", "usage", "obfuscation", "p"}
)
_PADDING: Final = (b',"obfuscation":"', b',"p":"')


class ChatStreamDecoder:
    """Decodes one stream; after a failure or the end it ignores the rest."""

    def __init__(self) -> None:
        self._frames = SseDecoder()
        self._tracker = BlockTracker()
        self._choices: dict[int, ChoiceDecoder] = {}
        self._id: str | None = None
        self._about: JsonObject = {}  # fields about the whole answer, for `Started`
        self._late: JsonObject = {}  # those that came after it
        self._over = False
        self._recurring = Recurring(*_PADDING)
        self._repeated = BlockDelta(0, "text", "")  # what the recurring frame said
        self._speaker: ChoiceDecoder | None = None  # whose it was

    def feed(self, data: bytes) -> list[Event]:
        """Take bytes at any split."""
        if self._over:
            return []
        try:
            blocks = self._frames.cut(data)
        except GatewayError as error:
            return self._fail(error)
        events: list[Event] = []
        for block in blocks:
            words = self._recurring.words(block)
            if words is None:
                self._block(block, events)
            else:
                events.append(self._repeat(words))
        return events

    def close(self) -> list[Event]:
        """Take the end of the stream; it is a failure unless every choice had stopped."""
        if self._over:
            return []
        events: list[Event] = []
        for frame in self._frames.close():
            self._take(frame, events)
        if self._over:
            return events
        if self._choices and all(choice.reason for choice in self._choices.values()):
            return events + self._finish()
        return events + self._fail(
            GatewayError(Kind.UPSTREAM_DOWN, "the provider's stream ended before it was finished")
        )

    def _repeat(self, words: str) -> BlockDelta:
        said, speaker = self._repeated, self._speaker
        if speaker is not None and said.kind == "text":
            speaker.advance(words)
        return BlockDelta(said.index, said.kind, words)

    # These append to `events`, so that what came before a failure is not lost.

    def _block(self, block: bytes, events: list[Event]) -> None:
        self._recurring.forget()
        frame = parse_frame(block)
        if frame is None:
            return
        before = len(events)
        self._take(frame, events)
        if len(events) == before + 1 and isinstance(said := events[before], BlockDelta):
            self._learn(block, said)

    def _learn(self, block: bytes, said: BlockDelta) -> None:
        if said.kind == "arguments" and not (self._speaker and self._speaker.knows_its_call):
            return  # fragments of a call without an id are remembered, to tell it from the next
        self._repeated = said
        self._recurring.learn(block, said.text, _only_words)

    def _take(self, frame: Frame, events: list[Event]) -> None:
        if self._over:
            return
        try:
            self._frame(frame, events)
        except GatewayError as error:
            events += self._fail(error)

    def _frame(self, frame: Frame, events: list[Event]) -> None:
        if frame.comments and (cost := cost_in(frame.comments)) is not None:
            events.append(UsageSeen(Usage(cost=cost)))
        data = frame.data
        if not data or data.isspace():
            return
        if data.startswith(b"[DONE]"):
            events += self._done()
        elif (chunk := _chunk(data)) is not None:
            if error := error_in(chunk, frame.event):
                raise error
            self._read(chunk, events)

    def _read(self, chunk: JsonObject, events: list[Event]) -> None:
        choices = chunk.get("choices")
        usage = usage_in(chunk)
        self._note(chunk)
        if self._id is None and (choices or usage is not None):
            events.append(self._start(chunk))
        if isinstance(choices, list):
            for at, choice in enumerate(choices):
                if isinstance(choice, dict):
                    events += self._choice(choice, at)
        if usage is None:
            return
        if not choices and all(choice.reason for choice in self._choices.values()):
            events += self._finish()
        events.append(UsageSeen(decode_usage(usage)))

    def _note(self, chunk: JsonObject) -> None:
        about = self._about if self._id is None else self._late
        for key in chunk.keys() - _KNOWN:
            if chunk[key] is not None and self._about.get(key) != chunk[key]:
                about[key] = chunk[key]

    def _start(self, chunk: JsonObject) -> Started:
        self._id = text_at(chunk, "id") or ""
        return Started(
            id=self._id,
            model=text_at(chunk, "model") or "",
            created=count_at(chunk, "created"),
            ext={NAME: self._about},
        )

    def _choice(self, raw: JsonObject, at: int) -> list[Event]:
        index = raw.get("index")
        number = index if isinstance(index, int) and not isinstance(index, bool) else at
        choice = self._choices.get(number)
        if choice is None:
            choice = ChoiceDecoder(number, self._tracker, self._id or "")
            self._choices[number] = choice
        self._speaker = choice
        return choice.feed(raw)

    def _done(self) -> list[Event]:
        if not self._choices and self._id is None:
            raise GatewayError(Kind.UPSTREAM_INVALID, "the provider's stream held no answer")
        events = self._finish()
        self._over = True
        return events

    def _finish(self) -> list[Event]:
        """End the choices that have not been ended yet."""
        events: list[Event] = []
        for choice in self._choices.values():
            if not choice.ended:
                events += choice.end(self._late)
                self._late = {}
        return events

    def _fail(self, error: GatewayError) -> list[Event]:
        self._over = True
        return [*self._tracker.close(), Failed(error)]


def _only_words(block: bytes) -> str | None:
    """Return the one string of a frame whose one choice says nothing else."""
    frame = parse_frame(block)
    chunk = as_json_object(try_parse(frame.data)) if frame is not None else {}
    choices = list_at(chunk, "choices")
    delta = object_at(as_json_object(choices[0]), "delta") if len(choices) == 1 else None
    said = [value for key, value in (delta or {}).items() if value and key != "role"]
    if len(said) != 1:
        return None
    if isinstance(calls := said[0], list):
        call = as_json_object(calls[0]) if len(calls) == 1 else {}
        return text_at(object_at(call, "function") or {}, "arguments")
    return said[0] if isinstance(said[0], str) else None


def _chunk(data: bytes) -> JsonObject | None:
    try:
        value = parse(data, where="the provider's stream")
    except GatewayError as error:
        raise GatewayError(Kind.UPSTREAM_INVALID, error.message) from error
    if isinstance(value, list):  # Google wraps an error in an array
        value = value[0] if value else None
    return value if isinstance(value, dict) else None
