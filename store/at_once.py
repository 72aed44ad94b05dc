"""Run one small statement at once, for calls that wait for its result.

On a SQLite file it runs on the event loop itself, like the writer's batches: a thread would cost
several times the statement's own time and be starved by a busy loop (docs/storage.md#cost).
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol, override

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine

from plexus.store.engine import BUSY_TIMEOUT_S, set_up_sqlite
from plexus.store.sinks import checkpoint
from plexus.store.url import DatabaseUrl, SqliteUrl

type Value = str | int | float
type Values = Mapping[str, Value]
type Rows = Sequence[tuple[object, ...]]

_FIRST_DELAY_S: Final = 0.0005
_LAST_DELAY_S: Final = 0.016
# A statement takes a page or two of the write-ahead log; SQLite's own threshold is 1,000.
_CHECKPOINT_STATEMENTS: Final = 1_000


class Runner(Protocol):
    """Runs single statements, each in a transaction of its own."""

    async def run(self, statement: str, values: Values) -> Rows:
        """Return the rows that the statement gives; raise one of `errors.TROUBLE`."""

    async def close(self) -> None:
        """Let go of what was opened."""


class EngineRunner(Runner):
    """Runs through the async engine: PostgreSQL, and SQLite in memory."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine: Final = engine
        self._parsed: Final[dict[str, TextClause]] = {}  # as many as there are statements

    @override
    async def run(self, statement: str, values: Values) -> Rows:
        parsed = self._parsed.get(statement)
        if parsed is None:
            parsed = self._parsed[statement] = text(statement)
        async with self._engine.begin() as connection:
            result = await connection.execute(parsed, dict(values))
            return [tuple(row) for row in result] if result.returns_rows else []

    @override
    async def close(self) -> None:
        """Leave the engine open: it is the store's."""


class FileRunner(Runner):
    """Runs on a connection of its own to a SQLite file; waits for others without blocking."""

    def __init__(self, path: Path, *, patience_s: float = BUSY_TIMEOUT_S) -> None:
        self._path: Final = path
        self._patience_s: Final = patience_s
        self._connection: sqlite3.Connection | None = None
        self._checkpointing: asyncio.Future[None] | None = None
        self._run = 0  # statements since the last checkpoint

    @override
    async def run(self, statement: str, values: Values) -> Rows:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._patience_s
        delay_s = _FIRST_DELAY_S
        while True:
            try:
                rows = self._execute(statement, values)
            except sqlite3.OperationalError as exc:
                if exc.sqlite_errorcode != sqlite3.SQLITE_BUSY or loop.time() > deadline:
                    self._disconnect()  # the file may have been replaced: the next try opens it
                    raise
            else:
                self._count()
                return rows
            await asyncio.sleep(delay_s)
            delay_s = min(_LAST_DELAY_S, delay_s * 2)

    @override
    async def close(self) -> None:
        if self._checkpointing is not None:
            await self._checkpointing
        self._disconnect()

    def _execute(self, statement: str, values: Values) -> Rows:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection.execute(statement, values).fetchall()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None)
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

    def _count(self) -> None:
        self._run += 1
        done = self._checkpointing is None or self._checkpointing.done()
        if self._run >= _CHECKPOINT_STATEMENTS and done:
            self._run = 0
            loop = asyncio.get_running_loop()
            self._checkpointing = loop.run_in_executor(None, checkpoint, self._path)


def open_runner(engine: AsyncEngine, url: DatabaseUrl) -> Runner:
    """Choose the runner for a database; nothing is opened before the first statement."""
    match url:
        case SqliteUrl(path=Path() as path):
            return FileRunner(path)
        case _:
            return EngineRunner(engine)
