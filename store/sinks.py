"""Where the writer's batches go: one transaction per batch, on whichever engine there is."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Final, Protocol, override

from sqlalchemy.ext.asyncio import AsyncEngine

from plexus.store.engine import BUSY_TIMEOUT_S, set_up_sqlite
from plexus.store.upsert import CHUNK, Row, Upsert
from plexus.store.url import DatabaseUrl, SqliteUrl

type Batch = Mapping[Upsert, Sequence[Row]]


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
                await connection.exec_driver_sql(upsert.one, list(rows))

    @override
    async def close(self) -> None:
        """Leave the engine open: it is the store's."""


class FileSink(Sink):
    """Writes to a SQLite file from one thread of its own.

    A batch through the async engine is five trips to a thread; here it is one, which at 40 rows a
    batch halves the cost of a row (docs/storage.md#cost).
    """

    def __init__(self, path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        self._path: Final = path
        self._busy_timeout_s: Final = busy_timeout_s
        self._thread: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="plexus-store")
        self._connection: sqlite3.Connection | None = None

    @override
    async def write(self, batch: Batch) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._write, batch)

    @override
    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._disconnect)
        self._thread.shutdown(wait=False)

    def _write(self, batch: Batch) -> None:
        connection = self._connection
        if connection is None:
            connection = self._connection = self._connect()
        try:
            for upsert, rows in batch.items():
                _execute(connection, upsert, rows)
            connection.commit()
        except sqlite3.OperationalError:
            # The file may have been replaced or its disk be full: the next try opens it anew.
            self._disconnect()
            raise
        except BaseException:
            connection.rollback()
            raise

    def _connect(self) -> sqlite3.Connection:
        # All use is on the one thread, except when Python clears up a sink that nobody closed.
        connection = sqlite3.connect(self._path, check_same_thread=False)
        try:
            set_up_sqlite(connection, self._busy_timeout_s)
        except BaseException:
            connection.close()
            raise
        return connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def open_sink(engine: AsyncEngine, url: DatabaseUrl) -> Sink:
    """Choose the sink for a database; nothing is opened before the first batch."""
    match url:
        case SqliteUrl(path=Path() as path):
            return FileSink(path)
        case _:
            return EngineSink(engine)


def _execute(connection: sqlite3.Connection, upsert: Upsert, rows: Sequence[Row]) -> None:
    whole = len(rows) - len(rows) % CHUNK
    for start in range(0, whole, CHUNK):
        values = tuple(chain.from_iterable(rows[start : start + CHUNK]))
        connection.execute(upsert.chunk, values).close()
    connection.executemany(upsert.one, rows[whole:]).close()
