"""Collect what was captured of calls and write it down beside them, never in their way."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from plexus.addons.inspection.capture import Capture
from plexus.addons.inspection.trace_json import Taken, trace_of
from plexus.config.snapshot import Snapshot
from plexus.store.errors import TROUBLE, is_row_fault, reason
from plexus.store.records import TraceRecord
from plexus.store.traces import TraceLog
from plexus.transforms.wire import bool_at, count_at, object_at

MOST_WAITING: Final = 64 * 1024 * 1024  # bytes of calls that wait to be written
_BATCH: Final = 16
_RETRY_S: Final = 2.0
_COMPLAIN_EVERY_S: Final = 60.0
_DEFAULT_BODY: Final = 10_485_760

type Sleep = Callable[[float], Awaitable[object]]

log = logging.getLogger(__name__)


class Traces:
    """The queue in front of the trace log. For use on the event loop only.

    `always`: capture every call (`DEBUG=true`); otherwise the configuration says whether failed
    ones are. A database that is gone, or slow, costs traces but never calls.
    """

    def __init__(
        self,
        trace_log: TraceLog,
        *,
        always: bool,
        most: int = MOST_WAITING,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._log: Final = trace_log
        self._always: Final = always
        self._most: Final = most
        self._sleep: Final = sleep
        self._waiting: Final[deque[Taken]] = deque()
        self._held = 0  # bytes
        self._filled: Final = asyncio.Event()
        self._flushing: Final = asyncio.Lock()
        self._complained = -_COMPLAIN_EVERY_S
        self.lost = 0  # traces for which there was no room

    def begin(self, snapshot: Snapshot) -> Capture | None:
        """Return where to note a new call, if it is to be captured."""
        section = object_at(snapshot.sections, "debug") or {}
        if not self._always and bool_at(section, "captureOnError") is not True:
            return None
        most = count_at(section, "max_body_bytes")
        return Capture(most=_DEFAULT_BODY if most is None else most, only_errors=not self._always)

    def put(self, taken: Taken) -> None:
        """Queue a call; never waits. Without room it is dropped, which is told."""
        if self._waiting and self._held + taken.size > self._most:
            self.lost += 1
            self._complain("traces.lost", f"lost={self.lost} reason=too many wait to be written")
            return
        self._waiting.append(taken)
        self._held += taken.size
        self._filled.set()

    async def run(self) -> None:
        """Write what comes in, until cancelled; a failing database is tried again."""
        while True:
            await self._filled.wait()
            try:
                await self.flush()
            except TROUBLE as exc:
                self._complain(
                    "traces.not_written", f"waiting={len(self._waiting)} reason={reason(exc)}"
                )
                await self._sleep(_RETRY_S)

    async def flush(self) -> None:
        """Write what waits; raise one of `errors.TROUBLE` and keep the rest."""
        async with self._flushing:
            while self._waiting:
                batch = [self._waiting[n] for n in range(min(_BATCH, len(self._waiting)))]
                await self._write(batch)
                for taken in batch:
                    self._waiting.popleft()
                    self._held -= taken.size
            self._filled.clear()

    async def _write(self, batch: list[Taken]) -> None:
        try:
            await self._log.add(await asyncio.to_thread(_traces_of, batch))
        except TROUBLE as exc:
            if not is_row_fault(exc):
                raise
            # Tried again it would fail again, and hold up all that come after it.
            ids = ", ".join(taken.request_id for taken in batch)
            log.error("traces.refused ids=%s reason=%s", ids, reason(exc))

    async def close(self, *, within_s: float = 5.0) -> int:
        """Write the rest within a bounded time; return how many traces were lost."""
        with suppress(TimeoutError, *TROUBLE):  # told below
            async with asyncio.timeout(within_s):
                await self.flush()
        if self._waiting:
            log.warning("traces.lost_at_end traces=%d", len(self._waiting))
        return len(self._waiting)

    def _complain(self, event: str, detail: str) -> None:
        now = time.monotonic()
        if now - self._complained >= _COMPLAIN_EVERY_S:
            self._complained = now
            log.warning("%s %s", event, detail)


def _traces_of(batch: list[Taken]) -> list[TraceRecord]:
    return [trace_of(taken) for taken in batch]
