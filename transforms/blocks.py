"""Keep track of which blocks of an answer are open, for wires that have no block boundaries."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Literal

from plexus.transforms.events import BlockDelta, BlockEnded, BlockStarted, Event
from plexus.transforms.ir import Part


class BlockTracker:
    """Turns keyed deltas into started, delta and ended events with indexes 0, 1, 2 …"""

    __slots__ = ("_next", "_open")

    def __init__(self) -> None:
        self._open: dict[Hashable, int] = {}
        self._next = 0

    def index(self, key: Hashable) -> int | None:
        """The index of the open block `key`, if it is open."""
        return self._open.get(key)

    def start(
        self, key: Hashable, block: Part, *, choice: int = 0, beside: bool = False
    ) -> list[Event]:
        """Open a block; all others end first, unless it may stand `beside` them."""
        events = [] if beside else self.close()
        self._open[key] = self._next
        events.append(BlockStarted(index=self._next, block=block, choice=choice))
        self._next += 1
        return events

    def delta(
        self,
        key: Hashable,
        opening: Part,
        kind: Literal["text", "thinking", "arguments", "refusal"],
        text: str,
        *,
        choice: int = 0,
    ) -> list[Event]:
        """Append to the block `key`, opening it first if need be."""
        events = [] if key in self._open else self.start(key, opening, choice=choice)
        events.append(BlockDelta(self._open[key], kind, text))
        return events

    def end(self, key: Hashable, block: Part | None = None) -> list[Event]:
        """End the block `key`; nothing happens if it is not open."""
        index = self._open.pop(key, None)
        return [] if index is None else [BlockEnded(index=index, block=block)]

    def close(self) -> list[Event]:
        """End every open block, in the order of opening."""
        events: list[Event] = [BlockEnded(index=index) for index in self._open.values()]
        self._open.clear()
        return events
