"""Run one small statement at once, for calls that wait for its result.

On a SQLite file it runs on the event loop itself, like the writer's batches: a thread would cost
several times the statement's own time and be starved by a busy loop (docs/storage.md#cost).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol, override

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine

from plexus.store.engine import BUSY_TIMEOUT_S
from plexus.store.loop_file import LoopFile
from plexus.store.url import DatabaseUrl, SqliteUrl

type Value = str | int | float
type Values = Mapping[str, Value]
type Rows = Sequence[tuple[object, ...]]

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
        self._patience_s: Final = patience_s
        self._file: Final = LoopFile(
            path, checkpoint_every=_CHECKPOINT_STATEMENTS, isolation_level=None
        )

    @override
    async def run(self, statement: str, values: Values) -> Rows:
        rows = await self._file.use(
            lambda connection: connection.execute(statement, values).fetchall(),
            patience_s=self._patience_s,
        )
        self._file.wrote(1)
        return rows

    @override
    async def close(self) -> None:
        await self._file.close()


def open_runner(engine: AsyncEngine, url: DatabaseUrl) -> Runner:
    """Choose the runner for a database; nothing is opened before the first statement."""
    match url:
        case SqliteUrl(path=Path() as path):
            return FileRunner(path)
        case _:
            return EngineRunner(engine)
