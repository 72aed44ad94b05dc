"""Rewrite the database without its free pages: in those, what was replaced can still be read."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncEngine

from plexus.store.engine import BUSY_TIMEOUT_S
from plexus.store.errors import StoreError
from plexus.store.exclusive import patient
from plexus.store.sealed import SEALED
from plexus.store.url import DatabaseUrl, PostgresUrl, SqliteUrl


async def scrub(engine: AsyncEngine, url: DatabaseUrl) -> None:
    """Leave nothing in the file and its write-ahead log but what is there now.

    PostgreSQL: in the tables with sealed columns; its own log is its administrator's. Raises one of
    `errors.TROUBLE`.
    """
    match url:
        case SqliteUrl(path=Path() as path):
            await asyncio.to_thread(vacuum_file, path)
        case SqliteUrl():
            pass  # in memory
        case PostgresUrl():
            await _rewrite_tables(engine, url, SEALED)


def vacuum_file(path: Path, *, patience_s: float = BUSY_TIMEOUT_S) -> None:
    """Rewrite a SQLite file, and empty its write-ahead log; raise `StoreError` if that is in use.

    Needs as much free space as the file takes.
    """
    with closing(sqlite3.connect(path, timeout=patience_s, isolation_level=None)) as connection:
        connection.execute("VACUUM").close()
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise StoreError("another process reads from the database")


async def _rewrite_tables(engine: AsyncEngine, url: DatabaseUrl, tables: Iterable[Table]) -> None:
    async with patient(engine, url) as lent, lent.connect() as connection:
        alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
        for table in tables:
            await alone.exec_driver_sql(f'VACUUM FULL "{table.name}"')
