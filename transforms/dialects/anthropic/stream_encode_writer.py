"""Write blocks one after the other, though their deltas come mixed."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from plexus.transforms.dialects.anthropic.stream_encode_block import WireBlock
from plexus.transforms.sse import frame
from plexus.transforms.wire import JsonObject, dump

_DELTA: Final = (
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":'
)


@dataclass(slots=True, eq=False)
class Place:
    """A block's place in the line."""

    block: WireBlock
    waiting: list[JsonObject] = field(default_factory=list)  # deltas that could not go yet
    spoken: bool = False  # anything was said at all
    ended: bool = False  # nothing more will come
    closed: bool = False  # nothing more is written

    @property
    def stands(self) -> bool:
        """Whether it has something to write."""
        late = self.ended and self.block.late
        return not self.closed and (self.block.due or late or bool(self.waiting))


class BlockWriter:
    """Keeps at most one block open on the wire; the others queue."""

    __slots__ = ("_current", "_delta", "_next", "_out", "_queue")

    def __init__(self) -> None:
        self._out: list[bytes] = []
        self._queue: deque[Place] = deque()
        self._current: Place | None = None
        self._next = 0
        self._delta = b""  # how the frames of the current block's deltas begin

    @property
    def empty(self) -> bool:
        """Whether no block was ever closed."""
        return self._next == 0

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        out = b"".join(self._out)
        self._out.clear()
        return out

    def flowing(self, place: Place, words: str) -> bytes | None:
        """Return the frame of words that go on in the open block; `None` if they must be pushed.

        It is what `push` would have written, at a third of the cost.
        """
        said = place.block.words if place is self._current else None
        if said is None or self._queue or not words:
            return None
        return b"%b%b%b}}\n\n" % (self._delta, said, dump(words))

    def push(self, place: Place, deltas: list[JsonObject]) -> None:
        """Write the deltas of a block now, or as soon as its turn comes."""
        if place is self._current:
            self._write_deltas(deltas)
        else:
            place.waiting += deltas
            self._enqueue(place)
        self._advance()

    def end(self, place: Place) -> None:
        """Close a block, now or behind those that came before it."""
        place.ended = True
        if place is self._current:
            self._close(place)
        else:
            self._enqueue(place)
        self._advance()

    def _enqueue(self, place: Place) -> None:
        if place.stands and place not in self._queue:
            self._queue.append(place)

    def _advance(self) -> None:
        while self._queue and (self._current is None or self._current.block.yields()):
            if self._current is not None:
                self._close(self._current)
            place = self._queue.popleft()
            self._open(place)
            if place.ended:
                self._close(place)

    def _open(self, place: Place) -> None:
        place.block.due = place.block.late = False
        self._current = place
        self._write("content_block_start", {"content_block": place.block.opening})
        self._delta = _DELTA % self._next
        self._write_deltas(place.waiting)
        place.waiting = []

    def _close(self, place: Place) -> None:
        self._write_deltas(place.block.closing())
        self._write("content_block_stop", {})
        place.block.due = False
        place.closed = place.ended or not place.block.resumable
        self._current = None
        self._next += 1

    def _write_deltas(self, deltas: list[JsonObject]) -> None:
        for delta in deltas:
            self._write("content_block_delta", {"delta": delta})

    def _write(self, kind: str, fields: JsonObject) -> None:
        self._out.append(frame({"type": kind, "index": self._next, **fields}, kind))
