"""Collect rows in memory and write them in batches, so that no call waits for the database."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Final

from plexus.store.backlog import Backlog, Key, Limits, Rows
from plexus.store.engine import Sleep
from plexus.store.errors import TROUBLE, is_row_fault, reason
from plexus.store.instances import Clock
from plexus.store.salvage import salvage
from plexus.store.sinks import Sink
from plexus.store.upsert import Record, Row, Upsert

log = logging.getLogger(__name__)

_FIRST_RETRY_S: Final = 0.1
_LAST_RETRY_S: Final = 5.0
_COMPLAIN_EVERY_MS: Final = 60_000


def wall_ms() -> int:
    """Return the time in ms since 1970."""
    return time.time_ns() // 1_000_000


class Writer:
    """The only way calls get into their tables (dataplane.md §8.1).

    Of several states of one row that wait at the same time only the last is written. For use on
    the event loop only, not from other threads.
    """

    def __init__(
        self,
        sink: Sink,
        upserts: Mapping[type[Record], Upsert],
        *,
        instance: str,
        limits: Limits | None = None,
        clock: Clock = wall_ms,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._sink: Final = sink
        self._upserts: Final = upserts
        self._instance: Final = instance
        self._limits: Final = Limits() if limits is None else limits
        self._clock: Final = clock
        self._sleep: Final = sleep
        self._backlog: Final = Backlog(self._limits)
        self._flushing: Final = asyncio.Lock()
        self._closed = False
        self._failures = 0  # in a row
        self._complaints: Final[dict[str, int]] = {}  # event -> ms, when it was last logged
        self._lost = 0

    @property
    def queued(self) -> int:
        """Rows that are in memory only."""
        return len(self._backlog)

    @property
    def lost(self) -> int:
        """Rows given up since the start."""
        return self._lost

    def put(self, record: Record) -> None:
        """Queue a row as the record is now; never waits. Without place the row is lost and told."""
        stamps = (self._instance, self._clock())
        upsert = self._upserts[type(record)]
        row = upsert.read(record) + stamps
        if self._closed:
            self._give_up(row[0], "the store is closed")
        elif not self._backlog.add((upsert, row[0]), row):
            self._lost += 1
            self._complain("store.rows_lost", f"lost={self._lost} reason=too many rows wait")

    async def room(self) -> None:
        """Wait while too many rows are queued: to be called before each call.

        Slows a gateway down to the speed of its database. A call waits 5 s at most, so that a
        database that is gone delays calls but does not stop them (controlplane.md §6.1).
        """
        if not await self._backlog.room():
            self._complain("store.full", f"rows={self.queued}; calls go on after a wait")

    async def flush(self) -> None:
        """Write what is queued by now; raise one of `errors.TROUBLE` and keep the rest."""
        async with self._flushing:
            left = self._backlog.waiting
            while left > 0:
                batch = self._backlog.take(min(left, self._limits.batch))
                left -= len(batch)
                await self._write(batch)

    async def run(self) -> None:
        """Flush until `close`; a failing database is tried again, ever less often up to 5 s."""
        while not self._closed:
            await self._backlog.filled()
            # After a row that ended a pause, the clock alone says when to flush: being woken by
            # a row takes a turn of the loop, which on a busy one is many milliseconds.
            while not self._closed and await self._next_flush():
                pass

    async def close(self, *, within_s: float = 10.0) -> int:
        """Write the rest within a bounded time; return how many rows could not be written."""
        self._closed = True
        with suppress(TimeoutError):  # told below
            async with asyncio.timeout(within_s):
                await self._drain()
        left = self.queued
        if left:
            self._lost += left
            log.error("store.rows_lost rows=%d reason=not written within %.0f s", left, within_s)
        self._backlog.wake()  # `run` sees the end
        await self._sink.close()
        return left

    async def _next_flush(self) -> bool:
        await self._sleep(self._delay_s())
        found = self.queued > 0
        await self._try_flush()
        return found

    async def _drain(self) -> None:
        while self.queued:
            if not await self._try_flush():
                await self._sleep(self._delay_s())

    async def _try_flush(self) -> bool:
        try:
            await self.flush()
        except TROUBLE as exc:
            self._failures += 1
            self._complain("store.flush_failed", f"rows={self.queued} reason={reason(exc)}")
            return False
        if self._failures:
            log.warning("store.flush_recovered tries=%d", self._failures)
            self._failures = 0
            self._complaints.clear()
        return True

    def _delay_s(self) -> float:
        if not self._failures:
            return self._limits.flush_after_s
        return min(_LAST_RETRY_S, _FIRST_RETRY_S * 2.0 ** min(self._failures - 1, 10))

    async def _write(self, batch: Rows) -> None:
        unwritten = batch
        try:
            await self._commit(batch)
            unwritten = {}
        finally:
            # Writing a row twice does no harm, so a batch whose fate is unknown is written again.
            self._backlog.settle(unwritten)

    async def _commit(self, batch: Rows) -> None:
        try:
            await self._sink.write(_grouped(batch.items()))
        except TROUBLE as exc:
            if not is_row_fault(exc):
                raise
            await self._commit_mended(batch)

    async def _commit_mended(self, batch: Rows) -> None:
        # What a client sends must not get its calls out of the books: mend first, then isolate.
        for key, row in batch.items():
            batch[key] = salvage(row)
        try:
            await self._sink.write(_grouped(batch.items()))
        except TROUBLE as exc:
            if not is_row_fault(exc):
                raise
            await self._commit_singly(batch)

    async def _commit_singly(self, batch: Rows) -> None:
        for key, row in list(batch.items()):
            try:
                await self._sink.write({key[0]: [row]})
            except TROUBLE as exc:
                if not is_row_fault(exc):
                    raise
                self._give_up(row[0], reason(exc))
            del batch[key]  # done with it, also if a later row finds the database gone

    def _give_up(self, key: object, why: str) -> None:
        self._lost += 1
        log.error("store.row_lost request_id=%s lost=%d reason=%s", key, self._lost, why)

    def _complain(self, event: str, detail: str) -> None:
        now = self._clock()
        last = self._complaints.get(event)
        if last is not None and 0 <= now - last < _COMPLAIN_EVERY_MS:
            return
        self._complaints[event] = now
        log.warning("%s %s", event, detail)


def _grouped(rows: Iterable[tuple[Key, Row]]) -> dict[Upsert, list[Row]]:
    groups: dict[Upsert, list[Row]] = {}
    for (upsert, _), row in rows:
        groups.setdefault(upsert, []).append(row)
    return groups
