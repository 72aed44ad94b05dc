"""Single statements: atomic, on the loop, patient but not for ever."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from plexus.store.at_once import EngineRunner, FileRunner, open_runner
from plexus.store.engine import open_engine
from plexus.store.store import Store
from plexus.store.url import parse_url


@asynccontextmanager
async def file_runner(tmp_path: Path, patience_s: float = 5.0) -> AsyncIterator[FileRunner]:
    """A runner on a file with one table."""
    runner = FileRunner(tmp_path / "x.db", patience_s=patience_s)
    await runner.run("CREATE TABLE numbers (n INTEGER)", {})
    try:
        yield runner
    finally:
        await runner.close()


async def test_the_runner_fits_the_database(tmp_path: Path) -> None:
    for url, kind in (("sqlite://:memory:", EngineRunner), (f"sqlite://{tmp_path}/a", FileRunner)):
        parsed = parse_url(url)
        engine = await open_engine(parsed)
        runner = open_runner(engine, parsed)
        await runner.close()
        await engine.dispose()
        assert type(runner) is kind


async def test_rows_come_back_and_what_was_written_stays(store: Store) -> None:
    run = store.quotas.runner.run
    await run("CREATE TABLE numbers (n INTEGER)", {})
    written = await run("INSERT INTO numbers VALUES (:now), (2) RETURNING n", {"now": 1})
    nothing = await run("DELETE FROM numbers WHERE n = :now", {"now": 1})
    read = await run("SELECT n FROM numbers", {})
    assert (written, nothing, read) == ([(1,), (2,)], [], [(2,)])


async def test_a_file_is_written_without_a_thread(tmp_path: Path) -> None:
    async with file_runner(tmp_path) as runner:
        before = threading.active_count()
        for _ in range(50):
            await runner.run("INSERT INTO numbers VALUES (1)", {})
        assert threading.active_count() == before


async def test_a_lock_of_another_process_is_waited_for_without_blocking(tmp_path: Path) -> None:
    async with file_runner(tmp_path) as runner:
        other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.ensure_future(runner.run("INSERT INTO numbers VALUES (1)", {}))
        for _ in range(20):
            await asyncio.sleep(0)  # the loop goes on
        waiting = not writing.done()
        other.execute("COMMIT")
        other.close()
        await writing
        found = await runner.run("SELECT n FROM numbers", {})
    assert waiting
    assert found == [(1,)]


async def test_a_lock_that_is_never_let_go_is_an_error_and_the_next_try_works(
    tmp_path: Path,
) -> None:
    async with file_runner(tmp_path, patience_s=0.01) as runner:
        other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            await runner.run("INSERT INTO numbers VALUES (1)", {})
        other.close()
        await runner.run("INSERT INTO numbers VALUES (2)", {})
        assert await runner.run("SELECT n FROM numbers", {}) == [(2,)]


async def test_a_wrong_statement_is_an_error_at_once(tmp_path: Path) -> None:
    async with file_runner(tmp_path) as runner:
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            await runner.run("SELECT * FROM numbers_of_others", {})


async def test_the_write_ahead_log_does_not_grow_for_ever(tmp_path: Path) -> None:
    async with file_runner(tmp_path) as runner:
        sizes = []
        for _ in range(4):
            for _ in range(1_000):
                await runner.run("INSERT INTO numbers VALUES (1)", {})
            await runner._file.settled()
            sizes.append((tmp_path / "x.db-wal").stat().st_size)
    assert sizes[3] <= sizes[0] * 1.5
