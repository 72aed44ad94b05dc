"""Have the database alone for a transaction that may take long: migrations, sealing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from plexus.store.engine import build_engine
from plexus.store.url import DatabaseUrl, SqliteUrl

_PATIENCE_S: Final = 600.0  # another process may be migrating a large table
_LOCK_KEY: Final = 0x706C65787573  # "plexus"; any number will do that other programs do not use


@asynccontextmanager
async def patient(engine: AsyncEngine, url: DatabaseUrl) -> AsyncIterator[AsyncEngine]:
    """Lend an engine whose limits on locks and statements are long enough for maintenance."""
    if isinstance(url, SqliteUrl) and url.path is None:
        yield engine  # an in-memory database exists in this engine only
        return
    lent = build_engine(url, patience_s=_PATIENCE_S)
    try:
        yield lent
    finally:
        await lent.dispose()


@asynccontextmanager
async def exclusive(engine: AsyncEngine, url: DatabaseUrl) -> AsyncIterator[AsyncConnection]:
    """Open a transaction that only one process at a time can have; committed at the end.

    The lock is held until then, also by a process that dies.
    """
    async with patient(engine, url) as lent, lent.connect() as connection:
        if connection.dialect.name == "sqlite":
            await connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
        yield connection
        await connection.commit()
