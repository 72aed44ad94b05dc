"""Which blocks of an answer are open while its items are read."""

from __future__ import annotations

from plexus.transforms.blocks import BlockTracker
from plexus.transforms.events import Event
from plexus.transforms.ir import Part, Refusal, ToolCall

type Key = tuple[int, int]  # output index, and content index within it


class Blocks:
    """Which blocks are open: calls may stand side by side, anything else stands alone."""

    def __init__(self) -> None:
        self._tracker = BlockTracker()
        self._alone: Key | None = None
        self.called = False
        self.refused = False

    def start(self, key: Key, block: Part) -> list[Event]:
        """Open a block; one that stands alone ends before it."""
        events = self._tracker.end(self._alone) if self._alone is not None else []
        self.called = self.called or isinstance(block, ToolCall)
        self.refused = self.refused or isinstance(block, Refusal)
        self._alone = None if isinstance(block, ToolCall) else key
        return events + self._tracker.start(key, block, beside=True)

    def index(self, key: Key) -> int | None:
        """The index of the block, if it is open."""
        return self._tracker.index(key)

    def end(self, key: Key, block: Part | None = None) -> list[Event]:
        """End the block; nothing happens if it is not open."""
        if key == self._alone:
            self._alone = None
        return self._tracker.end(key, block)

    def whole(self, key: Key, block: Part) -> list[Event]:
        """Open and end a block that came in one piece."""
        return self.start(key, block) + self.end(key)

    def close(self) -> list[Event]:
        """End every open block."""
        self._alone = None
        return self._tracker.close()
