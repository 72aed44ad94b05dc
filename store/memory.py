"""What the gateways of one database tell each other of conversations: small, sealed, for a while.

None of it is owed to anybody: a database that fails, or is slow, costs notes and never a call.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncEngine

from plexus.certs.sealer import Sealer, SealError
from plexus.store.engine import Sleep
from plexus.store.errors import TROUBLE, is_row_fault, reason
from plexus.store.instances import Clock
from plexus.store.tables import SHARED_MEMORY
from plexus.store.upsert import upsert

BATCH: Final = 200  # rows of one transaction
CLEAN_EVERY_MS: Final = 3_600_000
MOST_KEYS: Final = 1_000  # of one query
BLIND_MS: Final = 5_000  # how long nothing is asked of a database that has failed

_PAUSE_S: Final = 0.02  # between batches: few transactions, and still 50 ms at most
_RETRY_S: Final = 2.0
_ROWS: Final = SHARED_MEMORY.c
_COLUMNS: Final = ("key", "value", "expires_at")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much may wait to be written, and how long a call may wait for an answer."""

    notes: int = 10_000
    characters: int = 32 * 1024 * 1024
    read_s: float = 1.0


@dataclass(frozen=True, slots=True)
class _Note:
    value: str
    expires_at: int


class Memory:
    """The rows of `shared_memory`, and those that wait to be written. For the event loop only.

    Keys stand in the database as they are: give it hashes. `clock` gives ms since 1970.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        sealer: Sealer,
        clock: Clock,
        *,
        bounds: Bounds | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._engine: Final = engine
        self._sealer: Final = sealer
        self._clock: Final = clock
        self._bounds: Final = Bounds() if bounds is None else bounds
        self._sleep: Final = sleep
        self._waiting: Final[dict[str, _Note]] = {}
        self._held = 0  # characters of those that wait
        self._filled: Final = asyncio.Event()
        self._flushing: Final = asyncio.Lock()
        self._troubles: Final[set[str]] = set()  # what was told and is not over
        self._blind_until = 0
        self._cleaned_at: int | None = None

    def put(self, key: str, value: str, kept_s: float) -> None:
        """Queue a note for so many seconds; never waits. Without room the oldest are dropped."""
        self._drop(key)
        self._waiting[key] = _Note(value, self._clock() + int(kept_s * 1000))
        self._held += len(value)
        while self._waiting and self._is_too_full():
            self._drop(next(iter(self._waiting)))
            self._tell("memory.notes_dropped", "too many wait to be written")
        self._filled.set()

    async def read(self, keys: Sequence[str]) -> Mapping[str, str] | None:
        """Return what is kept under the first 1,000 of these keys.

        `None`: nobody knows, the database fails or is slow.
        """
        now = self._clock()
        if not keys:
            return {}
        if now < self._blind_until:
            return None
        try:
            async with asyncio.timeout(self._bounds.read_s):
                found = await self._found(keys[:MOST_KEYS], now)
        except TROUBLE as exc:  # a time limit among them
            self._blind_until = now + BLIND_MS
            self._tell("memory.not_read", reason(exc))
            return None
        self._troubles.discard("memory.not_read")
        # Sealing megabytes would hold the other calls up.
        return await asyncio.to_thread(self._opened, found) if found else {}

    async def run(self) -> None:
        """Write what comes in and remove what has expired, until cancelled."""
        while True:
            try:
                await self.flush()
                await self._clean_at_times()
            except TROUBLE as exc:
                self._tell("memory.not_written", reason(exc))
                await self._sleep(_RETRY_S)
            else:
                self._troubles.difference_update(("memory.not_written", "memory.notes_dropped"))
                await self._sleep(_PAUSE_S)
                await self._more()

    async def flush(self) -> None:
        """Write what waits; raise one of `errors.TROUBLE` and keep the rest."""
        async with self._flushing:
            while batch := dict(islice(self._waiting.items(), BATCH)):
                await self._write(batch)
                for key, note in batch.items():
                    if self._waiting.get(key) is note:
                        self._drop(key)
            self._filled.clear()

    async def clean(self) -> int:
        """Remove what has expired; return how many notes that were. Raise one of `TROUBLE`."""
        async with self._engine.begin() as connection:
            gone = delete(SHARED_MEMORY).where(_ROWS.expires_at <= self._clock())
            return (await connection.execute(gone)).rowcount

    async def close(self, *, within_s: float = 2.0) -> None:
        """Write the rest within a bounded time."""
        with suppress(*TROUBLE):  # told below; a time limit is one of them
            async with asyncio.timeout(within_s):
                await self.flush()
        if self._waiting:
            log.warning("memory.lost_at_end notes=%d", len(self._waiting))

    async def _more(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(CLEAN_EVERY_MS / 1000):
                await self._filled.wait()

    async def _clean_at_times(self) -> None:
        now = self._clock()
        if self._cleaned_at is None or now - self._cleaned_at >= CLEAN_EVERY_MS:
            await self.clean()
            self._cleaned_at = now

    async def _write(self, batch: Mapping[str, _Note]) -> None:
        rows = await asyncio.to_thread(self._sealed, batch)
        statement = upsert(self._engine.dialect.name, SHARED_MEMORY, key="key", columns=_COLUMNS)
        try:
            async with self._engine.begin() as connection:
                await connection.execute(statement, rows)
        except TROUBLE as exc:
            if not is_row_fault(exc):
                raise
            self._tell("memory.notes_refused", reason(exc))

    def _sealed(self, batch: Mapping[str, _Note]) -> list[dict[str, str | int]]:
        # In the order of their keys, so that no two processes wait for each other's rows.
        return [
            {"key": key, "value": self._sealer.seal(note.value), "expires_at": note.expires_at}
            for key, note in sorted(batch.items(), key=lambda item: item[0])
        ]

    async def _found(self, keys: Sequence[str], now: int) -> list[tuple[str, str]]:
        query = select(_ROWS.key, _ROWS.value).where(_ROWS.key.in_(keys), _ROWS.expires_at > now)
        async with self._engine.connect() as connection:
            return [(key, value) for key, value in await connection.execute(query)]

    def _opened(self, found: Iterable[tuple[str, str]]) -> dict[str, str]:
        opened = {}
        for key, value in found:
            try:
                opened[key] = self._sealer.open(value)
            except SealError as exc:
                self._tell("memory.not_opened", str(exc))
        return opened

    def _is_too_full(self) -> bool:
        bounds = self._bounds
        return len(self._waiting) > bounds.notes or self._held > bounds.characters

    def _drop(self, key: str) -> None:
        note = self._waiting.pop(key, None)
        if note is not None:
            self._held -= len(note.value)

    def _tell(self, event: str, detail: str) -> None:
        # Once, and again when it has been over: calls go on meanwhile.
        if event not in self._troubles:
            self._troubles.add(event)
            log.warning("%s reason=%s", event, detail)
