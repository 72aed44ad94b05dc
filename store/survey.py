"""Look a database over: what is in it, how large it is, whether it is in order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Table, func, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from plexus.store.encryption import is_encrypted
from plexus.store.exclusive import patient
from plexus.store.migrate import HEAD, read_revision
from plexus.store.tables import METADATA
from plexus.store.url import DatabaseUrl, SqliteUrl

# Where a table says when its rows are from, in order of preference.
_TIMES: Final = ("start_time", "created_at", "updated_at", "seen_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFacts:
    """One table. Times in ms since 1970; `size` in bytes with its indexes, `None`: unknown."""

    name: str
    rows: int
    size: int | None
    oldest: int | None
    newest: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """One database. Sizes in bytes; `None`: it has no such thing, or does not tell."""

    place: str
    engine: str  # and its version
    revision: str | None  # of the tables; None: there are none yet
    head: str  # the revision that this release wants
    is_encrypted: bool
    size: int | None
    log_size: int | None  # SQLite's write-ahead log
    free: int | None  # inside the file, to be used again or given back by a vacuum
    integrity: str
    tables: tuple[TableFacts, ...]


async def survey(engine: AsyncEngine, url: DatabaseUrl) -> Survey:
    """Read everything once: seconds for millions of rows. Raises one of `errors.TROUBLE`."""
    sealed = await is_encrypted(engine)
    async with patient(engine, url) as lent, lent.connect() as connection:
        return await connection.run_sync(_survey, url, sealed)


async def vacuum(engine: AsyncEngine, url: DatabaseUrl) -> None:
    """Give unused space back, and refresh what the planner knows; raise one of `errors.TROUBLE`.

    SQLite needs the file for itself and as much free space again; PostgreSQL does it beside others.
    """
    async with patient(engine, url) as lent, lent.connect() as connection:
        alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
        if connection.dialect.name == "sqlite":
            await alone.exec_driver_sql("VACUUM")
            await alone.exec_driver_sql("ANALYZE")
            await alone.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            await alone.exec_driver_sql("VACUUM (ANALYZE)")


def _survey(connection: Connection, url: DatabaseUrl, sealed: bool) -> Survey:
    present = set(inspect(connection).get_table_names())
    tables = [table for table in METADATA.sorted_tables if table.name in present]
    return Survey(
        place=url.place,
        engine=_engine(connection),
        revision=read_revision(connection),
        head=HEAD,
        is_encrypted=sealed,
        size=_size(connection),
        log_size=_log_size(url),
        free=_free(connection),
        integrity=_integrity(connection),
        tables=tuple(sorted(map(lambda t: _facts(connection, t), tables), key=lambda t: t.name)),
    )


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def _engine(connection: Connection) -> str:
    if _is_sqlite(connection):
        return f"SQLite {connection.execute(text('SELECT sqlite_version()')).scalar_one()}"
    return f"PostgreSQL {connection.execute(text('SHOW server_version')).scalar_one()}"


def _facts(connection: Connection, table: Table) -> TableFacts:
    name = next((name for name in _TIMES if name in table.c), None)
    rows = connection.execute(select(func.count()).select_from(table)).scalar_one()
    oldest = newest = None
    if name is not None:
        at = table.c[name]
        # Apart from each other: SQLite answers either from the index, but not both at once.
        oldest = connection.execute(select(func.min(at))).scalar_one()
        newest = connection.execute(select(func.max(at))).scalar_one()
    size = _table_size(connection, table)
    return TableFacts(name=table.name, rows=rows, size=size, oldest=oldest, newest=newest)


def _table_size(connection: Connection, table: Table) -> int | None:
    if not _is_sqlite(connection):
        query = text("SELECT pg_total_relation_size(CAST(:name AS regclass))")
        return int(connection.execute(query, {"name": f'"{table.name}"'}).scalar_one())
    query = text(
        "SELECT sum(pgsize) FROM dbstat('main', 1) WHERE name IN "
        "(SELECT name FROM sqlite_master WHERE tbl_name = :name)"
    )
    try:
        return int(connection.execute(query, {"name": table.name}).scalar_one() or 0)
    except DBAPIError:
        return None  # many builds of SQLite come without `dbstat`


def _size(connection: Connection) -> int:
    if not _is_sqlite(connection):
        query = text("SELECT pg_database_size(current_database())")
        return int(connection.execute(query).scalar_one())
    return _pragma(connection, "page_count") * _pragma(connection, "page_size")


def _free(connection: Connection) -> int | None:
    if not _is_sqlite(connection):
        return None
    return _pragma(connection, "freelist_count") * _pragma(connection, "page_size")


def _pragma(connection: Connection, name: str) -> int:
    return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())


def _log_size(url: DatabaseUrl) -> int | None:
    if not isinstance(url, SqliteUrl) or url.path is None:
        return None
    wal = Path(f"{url.path}-wal")
    return wal.stat().st_size if wal.exists() else 0


def _integrity(connection: Connection) -> str:
    if not _is_sqlite(connection):
        return "PostgreSQL checks its pages itself"
    lines = connection.exec_driver_sql("PRAGMA quick_check(5)").scalars().all()
    return "; ".join(str(line) for line in lines)
