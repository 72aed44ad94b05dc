"""The debits of ended calls on their way to the store: merged, kept until written, never lost.

There is one entry per quota and key, whatever the number of calls, so the memory is bounded even
when the database is away for long.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from plexus.addons.metering.quota import Quota
from plexus.store.errors import TROUBLE, reason
from plexus.store.quotas import Debit, QuotaBook

log = logging.getLogger(__name__)

_FIRST_RETRY_S: Final = 0.1
_LAST_RETRY_S: Final = 5.0

type _Sleep = Callable[[float], Awaitable[object]]
# A quota that has got another type or period since is another one.
type _Entry = tuple[str, str, str, str]


@dataclass(slots=True)
class _Sum:
    quota: Quota
    amount: float = 0.0  # was reserved
    used: float = 0.0

    def debit(self, now: int) -> Debit:
        return Debit(bucket=self.quota.bucket(now), amount=self.amount, used=self.used)


class QuotaLedger:
    """Debits of this process, in the order in which they come."""

    def __init__(self, book: QuotaBook, *, sleep: _Sleep = asyncio.sleep) -> None:
        self._book: Final = book
        self._sleep: Final = sleep
        self._sums: dict[_Entry, _Sum] = {}
        self._writing: Final = asyncio.Lock()
        self._filled: Final = asyncio.Event()
        self._failures = 0  # in a row

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits to be written, or is being written."""
        return not self._sums and not self._writing.locked()

    @property
    def is_failing(self) -> bool:
        """Whether the last try to write did not succeed."""
        return self._failures > 0

    def add(self, quota: Quota, amount: float, used: float) -> None:
        """Queue the end of a reservation of `amount`, of which `used` counts; never waits."""
        entry = (quota.owner, quota.name, quota.unit, f"{quota.kind} {quota.duration_ms}")
        found = self._sums.get(entry)
        if found is None:
            found = self._sums[entry] = _Sum(quota)
        found.quota = quota
        found.amount += amount
        found.used += used
        self._filled.set()

    async def flush(self) -> None:
        """Write what waits; raise one of `errors.TROUBLE`, and keep it."""
        async with self._writing:
            if not self._sums:
                return
            left, self._sums = self._sums, {}
            try:
                while left:
                    await self._write_one_per_row(left)
            finally:
                for one in left.values():
                    self.add(one.quota, one.amount, one.used)
                if not self._sums:
                    self._filled.clear()

    async def run(self) -> None:
        """Flush for ever; a failing database is tried again, ever less often up to 5 s."""
        while True:
            await self._filled.wait()
            if not await self.try_flush():
                delay_s = _FIRST_RETRY_S * 2.0 ** min(self._failures - 1, 10)
                await self._sleep(min(_LAST_RETRY_S, delay_s))

    async def try_flush(self) -> bool:
        """Write what waits; return whether that could be done, and complain if not."""
        try:
            await self.flush()
        except TROUBLE as exc:
            self._failures += 1
            if self._failures == 1:
                log.warning(
                    "quota.settle_failed waiting=%d reason=%s", len(self._sums), reason(exc)
                )
            return False
        if self._failures:
            log.warning("quota.settle_recovered tries=%d", self._failures)
            self._failures = 0
        return True

    async def close(self, within_s: float = 5.0) -> None:
        """Write the rest within a bounded time."""
        try:
            async with asyncio.timeout(within_s):
                while not self.is_empty and not await self.try_flush():
                    await self._sleep(_FIRST_RETRY_S)
        except TimeoutError:
            log.error("quota.debits_lost quotas=%d reason=not written in time", len(self._sums))

    async def _write_one_per_row(self, left: dict[_Entry, _Sum]) -> None:
        chosen = {one.quota.place: entry for entry, one in left.items()}
        now = self._book.clock()
        await self._book.settle([left[entry].debit(now) for entry in chosen.values()])
        for entry in chosen.values():
            del left[entry]
