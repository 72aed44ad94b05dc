"""The output of an answer that is being written: which items are open, which are finished.

An item opens when the first thing of it is known and closes when the next begins; calls may stand
open side by side. Finished items are kept until the end, because the last event repeats all of
them: memory grows with the answer, as the format demands.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.openai_responses.catalogue import Catalogue
from plexus.transforms.dialects.openai_responses.content_encode import unknown_part
from plexus.transforms.dialects.openai_responses.ids import item_id, tool_name
from plexus.transforms.dialects.openai_responses.open_items import (
    OpenCall,
    OpenReasoning,
    Status,
    is_empty,
)
from plexus.transforms.dialects.openai_responses.open_message import OpenMessage
from plexus.transforms.dialects.openai_responses.origin import is_own, item_of
from plexus.transforms.dialects.openai_responses.places import DeltaFrame, Place
from plexus.transforms.dialects.openai_responses.whole_items import carrier, whole_item
from plexus.transforms.ir import (
    Citation,
    Ext,
    Media,
    Opaque,
    Part,
    Refusal,
    Seal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from plexus.transforms.names import original_name
from plexus.transforms.wire import Json, JsonObject, text_at

type _Handle = OpenMessage | OpenReasoning | OpenCall


class Output:
    """Turns blocks into items; every method returns the events that tell of it."""

    def __init__(self, response: str, tools: Catalogue, receipt: Receipt) -> None:
        self._response = response
        self._tools = tools
        self._receipt = receipt
        self._items: list[JsonObject | None] = []
        self._waiting: dict[int, Part] = {}  # begun, but with nothing to show yet
        self._blocks: dict[int, _Handle] = {}
        self._current: OpenMessage | OpenReasoning | None = None
        self._seals: dict[int, Seal | None] = {}  # of calls, which have no place; None: told
        self.refused = False

    @property
    def items(self) -> list[Json]:
        """The finished items, in order."""
        return [item for item in self._items if item is not None]

    def open(self, index: int, block: Part) -> list[JsonObject]:
        """Begin a block. One without content waits: it may stay empty, and that is no item."""
        if is_empty(block):
            self._waiting[index] = block
            return []
        return self._open(index, block)

    def delta(self, index: int, text: str) -> list[JsonObject]:
        """Append to a block; nothing happens if it is not open."""
        events = self._wake(index)
        handle = self._blocks.get(index)
        return events if handle is None else events + handle.delta(text)

    def go_on(self, index: int, text: str) -> DeltaFrame | None:
        """Append to a block and return the frame that tells it; `None` where `delta` must do it."""
        handle = self._blocks.get(index)
        return None if handle is None else handle.go_on(text)

    def segment(self, index: int) -> list[JsonObject]:
        """Begin the next summary part of a reasoning block."""
        handle = self._blocks.get(index)
        return handle.segment() if isinstance(handle, OpenReasoning) else []

    def cite(self, index: int, citation: Citation) -> list[JsonObject]:
        """Add a source to a text block."""
        events = self._wake(index)
        handle = self._blocks.get(index)
        return events + handle.cite(citation) if isinstance(handle, OpenMessage) else events

    def seal(self, index: int, seal: Seal) -> list[JsonObject]:
        """Take the seal of a reasoning block or a call; a later one replaces it."""
        events = self._wake(index)
        handle = self._blocks.get(index)
        if isinstance(handle, OpenReasoning):
            handle.seal = seal
        elif isinstance(handle, OpenCall) and self._seals.get(index, seal) is not None:
            self._seals[index] = seal
        return events

    def add_logprobs(self, items: list[Json]) -> list[JsonObject]:
        """Add log probabilities to the text that was written last."""
        if isinstance(self._current, OpenMessage):
            return self._current.add_logprobs(items)
        self._receipt.dropped("logprobs", "there is no text that they belong to")
        return []

    def end(self, index: int, final: Part | None) -> list[JsonObject]:
        """End a block; `final` is the whole of it if the provider restated it."""
        waiting = self._waiting.get(index)
        if waiting is not None and (final is None or is_empty(final)):
            del self._waiting[index]
            return []
        events = self._wake(index)
        handle = self._blocks.pop(index, None)
        if handle is None:
            return events
        events += handle.end(final)
        if not isinstance(handle, OpenMessage):
            self._keep(handle)
        if isinstance(final, ToolCall) and final.seal is not None:
            self._seals.setdefault(index, final.seal)
        return events + self._tell_seal(index, handle)

    def close(self, status: Status) -> list[JsonObject]:
        """Close every item that is still open."""
        calls = [handle for handle in self._blocks.values() if isinstance(handle, OpenCall)]
        events = self._close_current(status)
        for handle in calls:
            events += handle.close(status)
            self._keep(handle)
        self._blocks.clear()
        self._waiting.clear()
        return events

    def _wake(self, index: int) -> list[JsonObject]:
        block = self._waiting.pop(index, None)
        return [] if block is None else self._open(index, block)

    def _open(self, index: int, block: Part) -> list[JsonObject]:
        match block:
            case Text() | Refusal():
                return self._open_text(index, block)
            case Thinking():
                return self._open_reasoning(index, block)
            case ToolCall():
                return self._open_call(index, block)
            case Media() | Opaque() | ToolResult():
                return self._add_whole(index, block)
            case _:
                assert_never(block)

    def _open_text(self, index: int, block: Text | Refusal) -> list[JsonObject]:
        self.refused = self.refused or isinstance(block, Refusal)
        events: list[JsonObject] = []
        message = self._current
        if not isinstance(message, OpenMessage) or item_of(block.ext) is not None:
            events += self._close_current("completed")
            message = OpenMessage(self._place("msg", block.ext), block, self._receipt)
            events += message.opened()
        else:
            events += message.end(None)
            self._forget(message)
        self._current = self._blocks[index] = message
        message.path = f"parts[{index}]"
        return events + message.start_part(block)

    def _open_reasoning(self, index: int, block: Thinking) -> list[JsonObject]:
        events = self._close_current("completed")
        given = block.seal.id if block.seal is not None and is_own(block.ext) else None
        reasoning = OpenReasoning(self._place("rs", block.ext, given), block)
        self._current = self._blocks[index] = reasoning
        return events + reasoning.opened()

    def _open_call(self, index: int, block: ToolCall) -> list[JsonObject]:
        events = self._close_current("completed")
        if block.seal is not None:
            events += self._add(carrier(block.seal, block.id), "rs")
            self._seals[index] = None
        declared = self._tools.get(original_name(block.name, self._tools))
        named: JsonObject = {"name": declared.name if declared else tool_name(block.name)}
        if declared is not None and declared.namespace is not None:
            named["namespace"] = declared.namespace
        if original := text_at(item_of(block.ext) or {}, "name"):
            named = {"name": original}  # its namespace is among the fields that are kept
        wrapped = block.kind == "function" and declared is not None and declared.custom
        prefix = "ctc" if wrapped or block.kind == "custom" else "fc"
        bare = replace(block, seal=None)
        call = OpenCall(self._place(prefix, block.ext), bare, named, wrapped=wrapped)
        self._blocks[index] = call
        return events + call.opened()

    def _add_whole(self, index: int, block: Media | Opaque | ToolResult) -> list[JsonObject]:
        if isinstance(block, Opaque) and (part := unknown_part(block)) is not None:
            message = self._current
            return message.add_part(part) if isinstance(message, OpenMessage) else []
        if isinstance(block, Media) and block.kind == "image" and block.data is None and block.url:
            self._receipt.coerced(f"parts[{index}]", "an image's address as text")
            shown = Text(text=f"![image]({block.url})")
            return [*self._open_text(index, shown), *self.end(index, None)]
        item = whole_item(block, self._receipt, f"parts[{index}]")
        if item is None:
            return []
        return self._add(item, "ig" if isinstance(block, Media) else None)

    def _add(self, item: JsonObject, prefix: str | None) -> list[JsonObject]:
        events = self._close_current("completed")
        index = len(self._items)
        if prefix is not None and "id" not in item:
            item = {"id": item_id(prefix, self._response, index), **item}
        self._items.append(item)
        place = Place(index, text_at(item, "id") or "")
        return [*events, place.added(item), place.done(item)]

    def _place(self, prefix: str, ext: Ext, given: str | None = None) -> Place:
        index = len(self._items)
        self._items.append(None)
        own = text_at(item_of(ext) or {}, "id") or given
        return Place(index, own or item_id(prefix, self._response, index))

    def _close_current(self, status: Status) -> list[JsonObject]:
        handle, self._current = self._current, None
        if handle is None or self._items[handle.place.index] is not None:
            return []
        events = handle.close(status)
        self._keep(handle)
        self._forget(handle)
        return events

    def _keep(self, handle: _Handle) -> None:
        self._items[handle.place.index] = handle.item
        if handle is self._current:
            self._current = None

    def _forget(self, handle: _Handle) -> None:
        self._blocks = {i: open_ for i, open_ in self._blocks.items() if open_ is not handle}

    def _tell_seal(self, index: int, handle: _Handle) -> list[JsonObject]:
        seal = self._seals.pop(index, None)
        if seal is None or not isinstance(handle, OpenCall):
            return []
        return self._add(carrier(seal, handle.call_id), "rs")
