"""The rows that wait to be written: how many there may be, and who waits when there are more."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import islice

from plexus.store.upsert import Row, Upsert

type Key = tuple[Upsert, object]
type Rows = dict[Key, Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much the writer may hold, and for how long."""

    # A row is on disk 50 ms after it was queued (DESIGN.md §6); a busy loop is late.
    flush_after_s: float = 0.01
    batch: int = 250  # rows per transaction: 4 ms of the loop's time on SQLite
    capacity: int = 10_000  # rows in memory above which new calls wait
    ceiling: int = 50_000  # rows in memory above which further ones are refused
    patience_s: float = 5.0  # how long a call waits before it goes on regardless


class Backlog:
    """Rows in the order they came, one per key: a newer state replaces one that still waits."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._rows: Rows = {}
        self._taken = 0
        self._filled = asyncio.Event()  # set while rows wait
        self._roomy = asyncio.Event()  # set while below capacity
        self._roomy.set()

    def __len__(self) -> int:
        return len(self._rows) + self._taken

    @property
    def waiting(self) -> int:
        """Rows that are not in hand for writing."""
        return len(self._rows)

    def add(self, key: Key, row: Row) -> bool:
        """Queue a row; return whether there was place for it."""
        held = len(self._rows) + self._taken
        if held >= self._limits.capacity:
            self._roomy.clear()
            if held >= self._limits.ceiling and key not in self._rows:
                return False
        self._rows[key] = row
        if not held:
            self._filled.set()
        return True

    def take(self, count: int) -> Rows:
        """Take the oldest rows in hand; `settle` must follow."""
        rows = self._rows
        if count >= len(rows):
            batch, self._rows = rows, {}
        else:
            batch = dict(islice(rows.items(), count))
            for key in batch:
                del rows[key]
        self._taken = len(batch)
        return batch

    def settle(self, unwritten: Rows) -> None:
        """Put back what of the taken rows is still to write; newer states of them stay."""
        if unwritten:
            self._rows = unwritten | self._rows
        self._taken = 0
        if not self._rows:
            self._filled.clear()
        if len(self._rows) < self._limits.capacity:
            self._roomy.set()

    async def filled(self) -> None:
        """Wait until rows wait."""
        await self._filled.wait()

    async def room(self) -> bool:
        """Wait until there is room, at most `patience_s`; return whether there is."""
        if self._roomy.is_set():
            return True
        try:
            async with asyncio.timeout(self._limits.patience_s):
                await self._roomy.wait()
        except TimeoutError:
            return False
        return True

    def wake(self) -> None:
        """Let `filled` return although nothing waits."""
        self._filled.set()
