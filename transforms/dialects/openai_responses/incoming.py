"""Items of an answer that is being read: each turns its events into those of blocks.

Whatever an event leaves out, the item's end makes good: text without deltas, a call without
fragments, an item without a beginning (dataplane.md §5.12).
"""

from __future__ import annotations

from dataclasses import replace

from plexus.transforms.dialects.openai_responses.arguments import Arguments
from plexus.transforms.dialects.openai_responses.incoming_blocks import Blocks
from plexus.transforms.dialects.openai_responses.items_decode import (
    decode_call,
    decode_item,
    decode_reasoning,
    message_fields,
)
from plexus.transforms.dialects.openai_responses.origin import keep_part, part_of
from plexus.transforms.events import BlockDelta, Cited, Event, LogProbs, Sealed, Segmented
from plexus.transforms.ir import Citation, Refusal, Text, Thinking
from plexus.transforms.wire import JsonObject, list_at, rest

_PROVISIONAL = frozenset({"status", "encrypted_content"})


class IncomingWhole:
    """An item that is understood only when it is complete: hosted calls, images, unknown ones."""

    def __init__(self, blocks: Blocks, number: int) -> None:
        self._blocks = blocks
        self._number = number

    def finish(self, item: JsonObject) -> list[Event]:
        """Return its blocks."""
        parts = decode_item(item)
        events: list[Event] = []
        for place, part in enumerate(parts):
            events += self._blocks.whole((self._number, place), part)
        return events


class IncomingMessage:
    """A message: one block per content part."""

    def __init__(self, blocks: Blocks, number: int, item: JsonObject) -> None:
        self._blocks = blocks
        self._number = number
        self._fields: JsonObject | None = rest(message_fields(item), _PROVISIONAL)
        self._spoken: dict[int, int] = {}  # by content index: characters so far
        self._cited: dict[int, int] = {}
        self._split: set[int] = set()  # parts that another block cut in two

    def begin(self, part: int, *, refusal: bool = False) -> list[Event]:
        """Open a content part, unless it is open; one that was cut short goes on as another."""
        key = (self._number, part)
        if self._blocks.index(key) is not None:
            return []
        fields, self._fields = self._fields, None
        ext = keep_part({}, fields)
        if part in self._spoken:
            self._split.add(part)
        self._spoken.setdefault(part, 0)
        block = Refusal(text="", ext=ext) if refusal else Text(text="", ext=ext)
        return self._blocks.start(key, block)

    def say(self, part: int, text: str, *, refusal: bool = False) -> list[Event]:
        """Append to a content part."""
        events = self.begin(part, refusal=refusal)
        index = self._blocks.index((self._number, part))
        if text and index is not None:
            self._spoken[part] += len(text)
            events.append(BlockDelta(index, "refusal" if refusal else "text", text))
        return events

    def restate(self, part: int, text: str, *, refusal: bool = False) -> list[Event]:
        """Take the whole text of a content part; it counts if nothing of it was heard yet."""
        if self._spoken.get(part):
            return []
        return self.say(part, text, refusal=refusal)

    def cite(self, part: int, citation: Citation) -> list[Event]:
        """Add a source to a content part."""
        events = self.begin(part)
        index = self._blocks.index((self._number, part)) or 0
        self._cited[part] = self._cited.get(part, 0) + 1
        return [*events, Cited(index, citation)]

    def complete(self, part: int, whole: Text | Refusal) -> list[Event]:
        """Take a whole content part: what it says beyond what was heard."""
        events = self.restate(part, whole.text, refusal=isinstance(whole, Refusal))
        sources = whole.citations if isinstance(whole, Text) else ()
        for citation in sources[self._cited.get(part, 0) :]:
            events += self.cite(part, citation)
        return events

    def finish(self, item: JsonObject) -> list[Event]:
        """Take the whole message."""
        pieces = decode_item(item)
        if not any(isinstance(piece, Text | Refusal) for piece in pieces):
            return [] if self._spoken else IncomingWhole(self._blocks, self._number).finish(item)
        events: list[Event] = []
        for number, piece in enumerate(pieces):
            if isinstance(piece, Text | Refusal):
                events += self._finish_part(number, piece)
            else:
                events += self._blocks.whole((self._number, number), piece)
        return events

    def _finish_part(self, number: int, piece: Text | Refusal) -> list[Event]:
        key = (self._number, number)
        if number in self._spoken and self._blocks.index(key) is None:
            return []  # it has ended, when the next one began
        unheard = number not in self._spoken
        events = self.begin(number, refusal=isinstance(piece, Refusal))
        events += self.complete(number, piece)
        if unheard and (logprobs := list_at(part_of(piece.ext), "logprobs")):
            events.append(LogProbs(logprobs))
        return events + self._blocks.end(key, None if number in self._split else piece)


class IncomingReasoning:
    """Reasoning: its summary, or the chain itself; whichever begins first is shown."""

    def __init__(self, blocks: Blocks, number: int, item: JsonObject) -> None:
        self._blocks = blocks
        self._key = (number, 0)
        self._ext = decode_reasoning(rest(item, _PROVISIONAL | {"summary", "content"})).ext
        self._raw: bool | None = None
        self._last = -1  # the last segment that had text
        self._split = False  # another block cut it in two

    def say(self, segment: int, text: str, *, raw: bool) -> list[Event]:
        """Append to a segment."""
        if not text or (self._raw is not None and raw != self._raw):
            return []
        events = self._begin(raw=raw)
        index = self._blocks.index(self._key) or 0
        if self._last >= 0 and not events:
            events += [Segmented(index)] * (segment - self._last)
        self._last = max(self._last, segment)
        events.append(BlockDelta(index, "thinking", text))
        return events

    def restate(self, segment: int, text: str, *, raw: bool) -> list[Event]:
        """Take a whole segment; it counts if nothing of it was heard yet."""
        return self.say(segment, text, raw=raw) if segment > self._last else []

    def finish(self, item: JsonObject) -> list[Event]:
        """Take the whole item; its encrypted content is final only now."""
        whole = decode_reasoning(item)
        events: list[Event] = []
        for number, text in enumerate(whole.segments):
            events += self.restate(number, text, raw=whole.raw)
        index = self._blocks.index(self._key)
        if index is None:
            if self._raw is None:
                return events + self._blocks.whole(self._key, whole)
            if whole.seal is None:
                return events  # all was shown, and has ended when the next item began
            bare = replace(whole, text="", segments=())
            return events + self._blocks.whole(self._key, bare)
        if whole.seal is not None:
            events.append(Sealed(index, whole.seal))
        return events + self._blocks.end(self._key, None if self._split else whole)

    def _begin(self, *, raw: bool) -> list[Event]:
        if self._blocks.index(self._key) is not None:
            return []
        self._split = self._raw is not None
        self._raw = raw
        return self._blocks.start(self._key, Thinking(segments=("",), raw=raw, ext=self._ext))


class IncomingCall:
    """A call of a client's tool."""

    def __init__(self, blocks: Blocks, number: int, item: JsonObject) -> None:
        self._blocks = blocks
        self._key = (number, 0)
        self._arguments = Arguments()
        self._ended = False
        self._opening = item

    def begin(self) -> list[Event]:
        """Open the block if id and name are known, with the arguments that came along."""
        call = decode_call(self._opening)
        if call is None or self._ended or self._blocks.index(self._key) is not None:
            return []
        fields = rest(self._opening, _PROVISIONAL)
        bare = decode_call({**fields, "arguments": "", "input": ""}) or call
        return self._blocks.start(self._key, bare) + self.say(call.arguments)

    def say(self, fragment: str) -> list[Event]:
        """Append to the arguments."""
        index = self._blocks.index(self._key)
        if index is None:
            return []  # without a name there is no call yet; its end will restate it
        return self._told(index, self._arguments.add(fragment))

    def restate(self, arguments: str) -> list[Event]:
        """Take all of the arguments."""
        index = self._blocks.index(self._key)
        return [] if index is None else self._told(index, self._arguments.finish(arguments))

    def finish(self, item: JsonObject) -> list[Event]:
        """Take the whole call."""
        call = decode_call(item)
        if call is None:
            if self._blocks.index(self._key) is None:
                return IncomingWhole(self._blocks, self._key[0]).finish(item)
            return self.close()
        events: list[Event] = []
        if self._blocks.index(self._key) is None and not self._ended:
            self._opening = {**item, "arguments": "", "input": ""}
            events += self.begin()
        events += self.restate(call.arguments)
        self._ended = True
        return events + self._blocks.end(self._key, call)

    def close(self) -> list[Event]:
        """End the call though nobody restated it."""
        index = self._blocks.index(self._key)
        if index is None:
            return []
        self._ended = True
        events = self._told(index, self._arguments.finish(None))
        return events + self._blocks.end(self._key)

    def _told(self, index: int, text: str) -> list[Event]:
        return [BlockDelta(index, "arguments", text)] if text else []
