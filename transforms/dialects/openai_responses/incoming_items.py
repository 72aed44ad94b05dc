"""Follow the items of a streamed answer by their output index, whatever events are left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from plexus.transforms.dialects.openai_responses.citations import decode_annotation
from plexus.transforms.dialects.openai_responses.content_decode import decode_piece
from plexus.transforms.dialects.openai_responses.incoming import (
    IncomingCall,
    IncomingMessage,
    IncomingReasoning,
    IncomingWhole,
)
from plexus.transforms.dialects.openai_responses.incoming_blocks import Blocks
from plexus.transforms.events import Event, LogProbs
from plexus.transforms.ir import Refusal, Text
from plexus.transforms.wire import JsonObject, count_at, list_at, object_at, text_at

type _Item = IncomingMessage | IncomingReasoning | IncomingCall | IncomingWhole


class IncomingItems:
    """Holds what each item said when it began, and the arguments of calls (see `Arguments`)."""

    def __init__(self) -> None:
        self.blocks = Blocks()
        self._items: dict[int, _Item] = {}
        self._finished: set[int] = set()
        self._numbers: dict[str, int] = {}  # output index by item id

    def take(self, kind: str, event: JsonObject) -> list[Event] | None:
        """Return what an event about an item means; `None` if it is about something else."""
        handler = _HANDLERS.get(kind)
        return None if handler is None else handler(self, event)

    def complete(self, output: list[JsonObject]) -> list[Event]:
        """Take the whole output, which the last event repeats, and end every block."""
        events: list[Event] = []
        for place, item in enumerate(output):
            number = self._numbers.get(text_at(item, "id") or "", place)
            if number not in self._finished:
                events += self._finish(number, item)
        for number, begun in self._items.items():
            if number not in self._finished and isinstance(begun, IncomingCall):
                events += begun.close()
        return events + self.blocks.close()

    def on_added(self, event: JsonObject) -> list[Event]:
        """An item begins."""
        item = object_at(event, "item")
        number = self._number(event, item)
        if item is None or number in self._items:
            return []
        begun = self._begin(number, item)
        return begun.begin() if isinstance(begun, IncomingCall) else []

    def on_done(self, event: JsonObject) -> list[Event]:
        """An item ends, and is restated whole."""
        item = object_at(event, "item")
        number = self._number(event, item)
        return [] if item is None or number in self._finished else self._finish(number, item)

    def on_part_added(self, event: JsonObject) -> list[Event]:
        """A content part begins."""
        kind = text_at(object_at(event, "part") or {}, "type")
        message = self._message(event) if kind in ("output_text", "refusal") else None
        return message.begin(_part(event), refusal=kind == "refusal") if message else []

    def on_part_done(self, event: JsonObject) -> list[Event]:
        """A content part ends, and is restated whole."""
        piece = decode_piece(object_at(event, "part"))
        message = self._message(event) if isinstance(piece, Text | Refusal) else None
        if message is None or not isinstance(piece, Text | Refusal):
            return []
        return message.complete(_part(event), piece)

    def on_text(self, event: JsonObject) -> list[Event]:
        """Some text of a message."""
        message = self._message(event)
        if message is None:
            return []
        return message.say(_part(event), text_at(event, "delta") or "") + _logprobs(event)

    def on_text_done(self, event: JsonObject) -> list[Event]:
        """The whole text of a content part."""
        message = self._message(event)
        events = message.restate(_part(event), text_at(event, "text") or "") if message else []
        return events + _logprobs(event) if events else []

    def on_annotation(self, event: JsonObject) -> list[Event]:
        """A source of a text."""
        annotation, message = object_at(event, "annotation"), self._message(event)
        if message is None or annotation is None:
            return []
        return message.cite(_part(event), decode_annotation(annotation))

    def on_refusal(self, event: JsonObject) -> list[Event]:
        """Some words of a refusal."""
        message = self._message(event)
        words = text_at(event, "delta") or ""
        return message.say(_part(event), words, refusal=True) if message else []

    def on_refusal_done(self, event: JsonObject) -> list[Event]:
        """All words of a refusal."""
        message = self._message(event)
        words = text_at(event, "refusal") or ""
        return message.restate(_part(event), words, refusal=True) if message else []

    def on_summary(self, event: JsonObject) -> list[Event]:
        """Some text of a reasoning summary."""
        return self._reason(event, "delta", "summary_index", raw=False)

    def on_summary_done(self, event: JsonObject) -> list[Event]:
        """The whole text of a summary part."""
        return self._reason(event, "text", "summary_index", raw=False)

    def on_chain(self, event: JsonObject) -> list[Event]:
        """Some text of the chain of thought."""
        return self._reason(event, "delta", "content_index", raw=True)

    def on_chain_done(self, event: JsonObject) -> list[Event]:
        """The whole text of a part of the chain."""
        return self._reason(event, "text", "content_index", raw=True)

    def on_arguments(self, event: JsonObject) -> list[Event]:
        """Some of a call's arguments."""
        call = self._items.get(self._number(event))
        return call.say(text_at(event, "delta") or "") if isinstance(call, IncomingCall) else []

    def on_arguments_done(self, event: JsonObject) -> list[Event]:
        """All of a call's arguments, or of a custom tool's input."""
        call = self._items.get(self._number(event))
        whole = text_at(event, "arguments") or text_at(event, "input")
        return call.restate(whole) if isinstance(call, IncomingCall) and whole else []

    def _reason(self, event: JsonObject, key: str, place: str, *, raw: bool) -> list[Event]:
        number = self._number(event)
        item = self._items.get(number) or self._begin(number, {"type": "reasoning"})
        if not isinstance(item, IncomingReasoning) or number in self._finished:
            return []
        say = item.say if key == "delta" else item.restate
        return say(count_at(event, place) or 0, text_at(event, key) or "", raw=raw)

    def _message(self, event: JsonObject) -> IncomingMessage | None:
        number = self._number(event)
        item = self._items.get(number) or self._begin(number, {"type": "message"})
        return item if isinstance(item, IncomingMessage) and number not in self._finished else None

    def _finish(self, number: int, item: JsonObject) -> list[Event]:
        begun = self._items.get(number) or self._begin(number, item)
        self._finished.add(number)
        return begun.finish(item)

    def _begin(self, number: int, item: JsonObject) -> _Item:
        begun: _Item
        match text_at(item, "type"):
            case None | "message":
                begun = IncomingMessage(self.blocks, number, item)
            case "reasoning":
                begun = IncomingReasoning(self.blocks, number, item)
            case "function_call" | "custom_tool_call":
                begun = IncomingCall(self.blocks, number, item)
            case _:
                begun = IncomingWhole(self.blocks, number)
        self._items[number] = begun
        return begun

    def _number(self, event: JsonObject, item: JsonObject | None = None) -> int:
        identity = text_at(event, "item_id") or text_at(item or {}, "id") or ""
        number = count_at(event, "output_index")
        if number is None:
            number = self._numbers.get(identity)
        if number is None:  # an item that is counted by nobody is the next, its content the last
            number = max(self._items, default=-1) + 1 if item else max(self._items, default=0)
        if identity:
            self._numbers.setdefault(identity, number)
        return number


def _part(event: JsonObject) -> int:
    return count_at(event, "content_index") or 0


def _logprobs(event: JsonObject) -> list[Event]:
    items = list_at(event, "logprobs")
    return [LogProbs(items)] if items else []


_HANDLERS: Final[Mapping[str, Callable[[IncomingItems, JsonObject], list[Event]]]] = {
    "response.output_item.added": IncomingItems.on_added,
    "response.output_item.done": IncomingItems.on_done,
    "response.content_part.added": IncomingItems.on_part_added,
    "response.content_part.done": IncomingItems.on_part_done,
    "response.output_text.delta": IncomingItems.on_text,
    "response.output_text.done": IncomingItems.on_text_done,
    "response.output_text.annotation.added": IncomingItems.on_annotation,
    "response.refusal.delta": IncomingItems.on_refusal,
    "response.refusal.done": IncomingItems.on_refusal_done,
    "response.reasoning_summary_text.delta": IncomingItems.on_summary,
    "response.reasoning_summary_text.done": IncomingItems.on_summary_done,
    "response.reasoning_text.delta": IncomingItems.on_chain,
    "response.reasoning_text.done": IncomingItems.on_chain_done,
    "response.function_call_arguments.delta": IncomingItems.on_arguments,
    "response.function_call_arguments.done": IncomingItems.on_arguments_done,
    "response.custom_tool_call_input.delta": IncomingItems.on_arguments,
    "response.custom_tool_call_input.done": IncomingItems.on_arguments_done,
}
