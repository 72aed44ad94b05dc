"""After a scrub, free pages and the write-ahead log hold nothing of what was deleted."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from plexus.store.engine import open_engine
from plexus.store.errors import StoreError
from plexus.store.scrub import scrub, vacuum_file
from plexus.store.store import Store
from plexus.store.url import parse_url

SECRET = b"deleted-secret"


def bytes_of(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))


def with_a_deleted_secret(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("CREATE TABLE t (secret BLOB)")
        connection.execute("INSERT INTO t VALUES (?)", (SECRET,))
        connection.execute("DROP TABLE t")


def test_a_file_is_rewritten_without_what_was_deleted(tmp_path: Path) -> None:
    path = tmp_path / "plexus.db"
    with_a_deleted_secret(path)
    assert SECRET in bytes_of(path)
    vacuum_file(path)
    assert SECRET not in bytes_of(path)


def test_a_reader_that_holds_on_to_the_old_pages_is_told(tmp_path: Path) -> None:
    path = tmp_path / "plexus.db"
    with_a_deleted_secret(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM sqlite_master").fetchall()
        with pytest.raises(StoreError, match="another process reads"):
            vacuum_file(path, patience_s=0.01)


async def test_every_engine_can_be_scrubbed(database_url: str) -> None:
    store = await Store.open(database_url)
    await scrub(store.engine, parse_url(database_url))
    await store.close()


async def test_in_memory_there_is_nothing_to_scrub() -> None:
    url = parse_url(":memory:")
    engine = await open_engine(url)
    await scrub(engine, url)
    await engine.dispose()
