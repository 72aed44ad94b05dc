"""Where the writer's batches go: one transaction per batch, on whichever engine there is."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final, Protocol, override

from sqlalchemy.ext.asyncio import AsyncEngine

from plexus.store.engine import set_up_sqlite
from plexus.store.upsert import Row, Upsert
from plexus.store.url import DatabaseUrl, SqliteUrl

type Batch = Mapping[Upsert, Sequence[Row]]

# How long other processes are waited for that write to the file; then the writer's own delays.
BUSY_DELAYS_S: Final = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064)
# A row takes about 1 KB of the write-ahead log; SQLite's own threshold is 4 MB.
CHECKPOINT_ROWS: Final = 4_000
_PAUSE_S: Final = 0.05  # how long a checkpoint may wait for readers while writers wait for it

log = logging.getLogger(__name__)


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
    What may take long is kept off the loop: a lock that another process holds is not waited for
    (the writer tries again), and checkpoints, which wait for the disk, are made in a thread.
    """

    def __init__(self, path: Path, *, checkpoint_rows: int = CHECKPOINT_ROWS) -> None:
        self._path: Final = path
        self._checkpoint_rows: Final = checkpoint_rows
        self._connection: sqlite3.Connection | None = None
        self._checkpointing: asyncio.Future[None] | None = None
        self._written = 0  # rows since the last checkpoint

    @override
    async def write(self, batch: Batch) -> None:
        for delay_s in (*BUSY_DELAYS_S, None):
            try:
                self._write(batch)
                break
            except sqlite3.OperationalError as exc:
                if delay_s is None or exc.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    raise
            await asyncio.sleep(delay_s)
        self._count(batch)
        # Many batches in a row must leave the loop to others in between.
        await asyncio.sleep(0)

    @override
    async def close(self) -> None:
        if self._checkpointing is not None:
            await self._checkpointing
        self._disconnect()

    def _count(self, batch: Batch) -> None:
        self._written += sum(len(rows) for rows in batch.values())
        done = self._checkpointing is None or self._checkpointing.done()
        if self._written >= self._checkpoint_rows and done:
            self._written = 0
            loop = asyncio.get_running_loop()
            self._checkpointing = loop.run_in_executor(None, checkpoint, self._path)

    def _write(self, batch: Batch) -> None:
        connection = self._connection
        if connection is None:
            connection = self._connection = self._connect()
        try:
            for upsert, rows in batch.items():
                connection.executemany(upsert.statement, rows).close()
            connection.commit()
        except sqlite3.OperationalError:
            # The file may have been replaced or its disk be full: the next try opens it anew.
            self._disconnect()
            raise
        except BaseException:
            connection.rollback()
            raise

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path)
        try:
            set_up_sqlite(connection, busy_timeout_s=0)
            connection.execute("PRAGMA wal_autocheckpoint = 0").close()
        except BaseException:
            connection.close()
            raise
        return connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def open_sink(
    engine: AsyncEngine, url: DatabaseUrl, *, checkpoint_rows: int = CHECKPOINT_ROWS
) -> Sink:
    """Choose the sink for a database; nothing is opened before the first batch."""
    match url:
        case SqliteUrl(path=Path() as path):
            return FileSink(path, checkpoint_rows=checkpoint_rows)
        case _:
            return EngineSink(engine)


def checkpoint(path: Path) -> None:
    """Empty the write-ahead log of a SQLite file; may take long, so not for the event loop.

    First everything that is there by now, beside whoever writes. What has come meanwhile is little,
    but the log only starts over when nothing is left: for that, writers wait a moment.
    """
    try:
        with closing(sqlite3.connect(path, timeout=_PAUSE_S)) as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").close()
            connection.execute("PRAGMA wal_checkpoint(RESTART)").close()
    except sqlite3.Error as exc:
        log.warning("store.checkpoint_failed reason=%s", exc)
