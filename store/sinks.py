"""Where the writer's batches go: one transaction per batch, on whichever engine there is."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final, Protocol, override

from sqlalchemy.ext.asyncio import AsyncEngine

from plexus.store.engine import BUSY_TIMEOUT_S
from plexus.store.loop_file import LoopFile
from plexus.store.upsert import Row, Upsert
from plexus.store.url import DatabaseUrl, SqliteUrl

type Batch = Mapping[Upsert, Sequence[Row]]

# A row takes 1 KB of the write-ahead log when many come at once and 8 KB when 25 do, for each is
# on another page of an index. Half as many rows cost 1 µs more for each, twice as many save one.
CHECKPOINT_ROWS: Final = 4_000


class Sink(Protocol):
    """Takes batches: all of one is written, or nothing of it and an error is raised."""

    async def write(self, batch: Batch) -> None:
        """Commit a batch; raise one of `errors.TROUBLE`."""

    async def close(self) -> None:
        """Let go of what was opened."""


class EngineSink(Sink):
    """Writes through the async engine: PostgreSQL, and SQLite in memory."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine: Final = engine

    @override
    async def write(self, batch: Batch) -> None:
        async with self._engine.begin() as connection:
            for upsert, rows in batch.items():
                await connection.exec_driver_sql(upsert.statement, list(rows))

    @override
    async def close(self) -> None:
        """Leave the engine open: it is the store's."""


class FileSink(Sink):
    """Writes to a SQLite file on the event loop itself: half a millisecond for 40 rows.

    A thread of its own would be starved for as long as the loop is busy (docs/storage.md#cost).
    """

    def __init__(
        self,
        path: Path,
        *,
        checkpoint_rows: int = CHECKPOINT_ROWS,
        patience_s: float = BUSY_TIMEOUT_S,
    ) -> None:
        self._patience_s: Final = patience_s
        self._file: Final = LoopFile(
            path, checkpoint_every=checkpoint_rows, isolation_level="DEFERRED"
        )

    @override
    async def write(self, batch: Batch) -> None:
        await self._file.use(partial(_commit, batch), patience_s=self._patience_s)
        self._file.wrote(sum(len(rows) for rows in batch.values()))
        # Many batches in a row must leave the loop to others in between.
        await asyncio.sleep(0)

    @override
    async def close(self) -> None:
        await self._file.close()


def _commit(batch: Batch, connection: sqlite3.Connection) -> None:
    try:
        for upsert, rows in batch.items():
            connection.executemany(upsert.statement, rows).close()
        connection.commit()
    except BaseException:
        with suppress(sqlite3.Error):  # a file that is gone has nothing to roll back
            connection.rollback()
        raise


def open_sink(
    engine: AsyncEngine, url: DatabaseUrl, *, checkpoint_rows: int = CHECKPOINT_ROWS
) -> Sink:
    """Choose the sink for a database; nothing is opened before the first batch."""
    match url:
        case SqliteUrl(path=Path() as path):
            return FileSink(path, checkpoint_rows=checkpoint_rows)
        case _:
            return EngineSink(engine)
