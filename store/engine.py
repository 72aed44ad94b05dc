"""Open the database: one async engine per process, set up for SQLite or PostgreSQL."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from sqlalchemy import URL, event
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry

from plexus.store import postgres
from plexus.store.errors import StoreError, reason
from plexus.store.url import DatabaseUrl, PostgresUrl, SqliteUrl

type Sleep = Callable[[float], Awaitable[object]]

STATEMENT_TIMEOUT_S: Final = 30.0
BUSY_TIMEOUT_S: Final = 5.0
# A database in the next container needs a while after a cold start: 15 s in all.
RETRY_DELAYS_S: Final = (0.5, 1.0, 2.0, 4.0, 4.0, 4.0)

log = logging.getLogger(__name__)


async def open_engine(url: DatabaseUrl, *, sleep: Sleep = asyncio.sleep) -> AsyncEngine:
    """Return an engine that has answered; raise `StoreError` after a bounded number of tries."""
    if isinstance(url, SqliteUrl) and url.path is not None:
        _make_folder(url.path)
    engine = build_engine(url)
    try:
        await _answer(engine, url, sleep)
    except BaseException:
        await engine.dispose()
        raise
    return engine


def build_engine(url: DatabaseUrl, *, patience_s: float | None = None) -> AsyncEngine:
    """Make an engine without connecting; `patience_s` replaces the usual lock and query limits."""
    match url:
        case SqliteUrl():
            return _sqlite_engine(url, BUSY_TIMEOUT_S if patience_s is None else patience_s)
        case PostgresUrl():
            return _postgres_engine(url, STATEMENT_TIMEOUT_S if patience_s is None else patience_s)


def set_up_sqlite(connection: sqlite3.Connection, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
    """Bring a connection to the house settings (controlplane.md §6.1)."""
    cursor = connection.cursor()
    for pragma in (
        f"PRAGMA busy_timeout = {int(busy_timeout_s * 1000)}",
        "PRAGMA journal_mode = WAL",
        # In WAL mode NORMAL survives a killed process; only a power cut may cost the last commits.
        "PRAGMA synchronous = NORMAL",
        "PRAGMA foreign_keys = ON",
    ):
        cursor.execute(pragma)
    cursor.close()


def _sqlite_engine(url: SqliteUrl, busy_timeout_s: float) -> AsyncEngine:
    # An in-memory database lives in its one connection, so that is all the pool may hold; sharing
    # it unlocked would let one user's rollback undo another's write.
    in_memory = url.path is None
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=":memory:" if in_memory else str(url.path)),
        poolclass=AsyncAdaptedQueuePool,
        pool_size=1 if in_memory else 4,
        max_overflow=0 if in_memory else 4,
        connect_args={"timeout": busy_timeout_s},
        hide_parameters=True,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        try:
            set_up_sqlite(connection, busy_timeout_s)
        except BaseException:
            # The pool forgets a connection that fails here; its thread would keep the process up.
            connection.close()
            raise

    return engine


def _postgres_engine(url: PostgresUrl, statement_timeout_s: float) -> AsyncEngine:
    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda: postgres.connect(url, statement_timeout_s=statement_timeout_s),
        pool_size=10,
        max_overflow=0,
        pool_timeout=postgres.CONNECT_TIMEOUT_S,
        # The most recently used connection first: a quiet gateway keeps to one or two.
        pool_use_lifo=True,
        pool_pre_ping=True,
        hide_parameters=True,
    )


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise StoreError(
            f"cannot create the folder {path.parent} for the SQLite database: {reason(exc)}; "
            "choose another place in DATABASE_URL or create the folder for this user"
        ) from exc


async def _answer(engine: AsyncEngine, url: DatabaseUrl, sleep: Sleep) -> None:
    for delay in RETRY_DELAYS_S:
        trouble = await _ping(engine, url)
        if trouble is None:
            return
        if not trouble.temporary:
            raise trouble
        log.warning("store.not_ready retry_in_s=%.1f reason=%s", delay, trouble.message)
        await sleep(delay)
    trouble = await _ping(engine, url)
    if trouble is not None:
        raise trouble


async def _ping(engine: AsyncEngine, url: DatabaseUrl) -> StoreError | None:
    try:
        async with engine.connect() as connection:
            await connection.exec_driver_sql("SELECT 1")
    except StoreError as exc:
        return exc
    except (SQLAlchemyError, sqlite3.Error, OSError) as exc:
        locked = isinstance(exc, OperationalError) and "locked" in str(exc.orig)
        failure = StoreError(
            f"cannot open {url.place}: {reason(exc)}; check that DATABASE_URL names a database of "
            "this program and that this user may read and write it",
            temporary=locked,
        )
        failure.__cause__ = exc
        return failure
    return None
