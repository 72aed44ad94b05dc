"""A file on the loop: opened when needed, checkpointed now and then, let go of."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from plexus.store.loop_file import LoopFile, checkpoint


def made(tmp_path: Path, every: int = 100) -> LoopFile:
    return LoopFile(tmp_path / "x.db", checkpoint_every=every, isolation_level=None)


async def test_the_file_is_opened_when_it_is_first_used(tmp_path: Path) -> None:
    file = made(tmp_path)
    assert not (tmp_path / "x.db").exists()
    assert file.connection() is file.connection()
    assert file.connection().execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert file.connection().execute("PRAGMA busy_timeout").fetchone() == (0,)
    await file.close()


async def test_a_file_that_was_let_go_of_is_opened_anew(tmp_path: Path) -> None:
    file = made(tmp_path)
    first = file.connection()
    file.disconnect()
    file.disconnect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        first.execute("SELECT 1")
    assert file.connection() is not first
    await file.close()


async def test_after_so_many_writes_the_log_is_folded_into_the_file(tmp_path: Path) -> None:
    file = made(tmp_path, every=3)
    file.connection().execute("CREATE TABLE numbers (n INTEGER)")
    for number, folded in ((2, False), (1, True)):
        file.wrote(number)
        await file.settled()
        assert tables_in_the_file_alone(tmp_path) == (["numbers"] if folded else [])
    await file.close()


def tables_in_the_file_alone(tmp_path: Path) -> list[str]:
    with closing(sqlite3.connect(f"file:{tmp_path}/x.db?immutable=1", uri=True)) as alone:
        return [name for (name,) in alone.execute("SELECT name FROM sqlite_schema")]


def test_a_file_that_is_no_database_is_told_of_and_stops_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "x.db").write_bytes(b"no database at all" * 99)
    checkpoint(tmp_path / "x.db")
    assert "store.checkpoint_failed" in caplog.text
