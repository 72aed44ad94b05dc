"""That a batch is written whole or not at all, wherever it goes."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from plexus.store.engine import open_engine
from plexus.store.errors import TROUBLE, is_row_fault
from plexus.store.migrate import migrate
from plexus.store.sinks import CHECKPOINT_ROWS, EngineSink, FileSink, Sink, open_sink
from plexus.store.upsert import USAGE, Row, Upsert, compile_recipe
from plexus.store.url import parse_url
from plexus.store.usage import UsageLog
from tests.store.calls import finished


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    url = parse_url(database_url)
    opened = await open_engine(url)
    await migrate(opened, url)
    yield opened
    await opened.dispose()


@pytest.fixture
async def sink(engine: AsyncEngine, database_url: str) -> AsyncIterator[Sink]:
    opened = open_sink(engine, parse_url(database_url))
    yield opened
    await opened.close()


def _rows(upsert: Upsert, *names: str, **changes: object) -> list[Row]:
    return [(*upsert.read(finished(name, **changes)), "here", 5) for name in names]


async def test_every_row_of_a_batch_of_any_size_is_written(engine: AsyncEngine, sink: Sink) -> None:
    upsert = compile_recipe(USAGE, engine.dialect)
    sizes = (1, 7, 8, 9, 20)
    for size in sizes:
        await sink.write({upsert: _rows(upsert, *(f"{size}-{n}" for n in range(size)))})
    found = await UsageLog(engine=engine).recent(100)
    assert {one.request_id for one in found} == {f"{s}-{n}" for s in sizes for n in range(s)}
    assert finished("8-3", instance="here", created_at=5) in found


async def test_a_batch_with_a_row_that_is_refused_is_not_written_at_all(
    engine: AsyncEngine, sink: Sink
) -> None:
    upsert = compile_recipe(USAGE, engine.dialect)
    bad = _rows(upsert, "bad", response_status=None)
    with pytest.raises(TROUBLE) as caught:
        await sink.write({upsert: _rows(upsert, *(f"r{n}" for n in range(12))) + bad})
    assert is_row_fault(caught.value)
    assert await UsageLog(engine=engine).recent() == []
    await sink.write({upsert: _rows(upsert, "r1")})
    assert [one.request_id for one in await UsageLog(engine=engine).recent()] == ["r1"]


async def test_a_locked_file_is_not_the_rows_fault_and_works_again_when_it_is_free(
    empty_sqlite: str,
) -> None:
    url = parse_url(empty_sqlite)
    engine = await open_engine(url)
    await migrate(engine, url)
    path = Path(empty_sqlite.removeprefix("sqlite://"))
    upsert = compile_recipe(USAGE, engine.dialect)
    sink = FileSink(path, patience_s=0.02)
    other = sqlite3.connect(path)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="locked") as caught:
        await sink.write({upsert: _rows(upsert, "r1")})
    assert not is_row_fault(caught.value)
    other.close()
    await sink.write({upsert: _rows(upsert, "r1")})
    found = await UsageLog(engine=engine).recent()
    await sink.close()
    await engine.dispose()
    assert [one.request_id for one in found] == ["r1"]


async def test_rows_are_written_soon_after_a_lock_that_was_held_for_long(empty_sqlite: str) -> None:
    # As a checkpoint does that waits for its disk.
    url = parse_url(empty_sqlite)
    engine = await open_engine(url)
    await migrate(engine, url)
    path = Path(empty_sqlite.removeprefix("sqlite://"))
    upsert = compile_recipe(USAGE, engine.dialect)
    loop, sink = asyncio.get_running_loop(), FileSink(path)
    released = asyncio.Event()
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")

        def release() -> None:
            other.rollback()
            released.set()

        loop.call_later(0.4, release)
        await sink.write({upsert: _rows(upsert, "r1")})
    assert released.is_set()
    found = await UsageLog(engine=engine).recent()
    await sink.close()
    await engine.dispose()
    assert [one.request_id for one in found] == ["r1"]


async def test_a_file_that_got_damaged_is_not_the_rows_fault(tmp_path: Path) -> None:
    path = tmp_path / "plexus.db"
    await asyncio.to_thread(path.write_bytes, b"no longer a database" * 99)
    engine = await open_engine(parse_url(":memory:"))
    upsert = compile_recipe(USAGE, engine.dialect)
    await engine.dispose()
    sink = FileSink(path)
    with pytest.raises(sqlite3.DatabaseError, match="not a database") as caught:
        await sink.write({upsert: _rows(upsert, "r1")})
    await sink.close()
    assert not is_row_fault(caught.value)


async def test_a_batch_is_on_disk_before_the_loop_does_anything_else(empty_sqlite: str) -> None:
    url = parse_url(empty_sqlite)
    engine = await open_engine(url)
    await migrate(engine, url)
    upsert = compile_recipe(USAGE, engine.dialect)
    path = Path(empty_sqlite.removeprefix("sqlite://"))
    sink = FileSink(path)
    writing = sink.write({upsert: _rows(upsert, "r1")})
    writing.send(None)
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT request_id FROM request_usage").fetchall() == [("r1",)]
    writing.close()
    await sink.close()
    await engine.dispose()


@pytest.mark.parametrize("every", [CHECKPOINT_ROWS, 10])
async def test_the_write_ahead_log_is_folded_into_the_file_again_and_again(
    empty_sqlite: str, every: int
) -> None:
    url = parse_url(empty_sqlite)
    engine = await open_engine(url)
    await migrate(engine, url)
    upsert = compile_recipe(USAGE, engine.dialect)
    path = Path(empty_sqlite.removeprefix("sqlite://"))
    sink = FileSink(path, checkpoint_rows=every)
    await sink.write({upsert: _rows(upsert, *(f"r{n}" for n in range(every)))})
    await sink.close()
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as file_alone:
        (rows,) = file_alone.execute("SELECT count(*) FROM request_usage").fetchone()
    await engine.dispose()
    assert rows == every


async def test_only_sqlite_files_are_written_on_the_loop(tmp_path: Path) -> None:
    engine = await open_engine(parse_url(":memory:"))
    kinds = [
        type(open_sink(engine, parse_url(url)))
        for url in (f"sqlite://{tmp_path}/plexus.db", ":memory:", "postgres://db")
    ]
    await engine.dispose()
    assert kinds == [FileSink, EngineSink, EngineSink]
