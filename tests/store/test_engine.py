"""How an engine is set up, and what happens when the database does not answer."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from plexus.store.engine import RETRY_DELAYS_S, open_engine
from plexus.store.errors import StoreError
from plexus.store.url import parse_url


async def _scalars(engine: AsyncEngine, *queries: str) -> list[object]:
    async with engine.connect() as connection:
        return [(await connection.exec_driver_sql(query)).scalar() for query in queries]


@asynccontextmanager
async def _server_that_answers(states: Sequence[str]) -> AsyncIterator[tuple[str, list[str]]]:
    # Speaks as much of PostgreSQL's protocol as a refusal takes: one ErrorResponse per connection.
    left = list(states)

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        size = int.from_bytes(await reader.readexactly(4))
        await reader.readexactly(size - 4)
        fields = b"SFATAL\0VFATAL\0C" + left.pop(0).encode() + b"\0Mrefused by a test\0\0"
        writer.write(b"E" + (len(fields) + 4).to_bytes(4) + fields)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        yield f"postgres://me:s3cret@127.0.0.1:{port}/books", left


async def _opening_fails(url: str) -> tuple[StoreError, list[float]]:
    delays: list[float] = []

    async def sleep(seconds: float) -> None:
        delays.append(seconds)

    with pytest.raises(StoreError) as caught:
        await open_engine(parse_url(url), sleep=sleep)
    assert "s3cret" not in caught.value.message
    return caught.value, delays


async def test_a_sqlite_file_gets_its_folder_and_the_house_settings(tmp_path: Path) -> None:
    engine = await open_engine(parse_url(f"sqlite://{tmp_path}/a/b/plexus.db"))
    settings = await _scalars(
        engine,
        "PRAGMA journal_mode",
        "PRAGMA busy_timeout",
        "PRAGMA foreign_keys",
        "PRAGMA synchronous",
    )
    await engine.dispose()
    assert settings == ["wal", 5000, 1, 1]
    assert (tmp_path / "a/b/plexus.db").is_file()


async def test_a_database_in_memory_is_one_for_all_and_safe_from_others_rollbacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    engine = await open_engine(parse_url(":memory:"))

    async def add() -> None:
        async with engine.begin() as connection:
            await connection.exec_driver_sql("INSERT INTO t VALUES (1)")

    async def add_and_regret() -> None:
        async with engine.connect() as connection:
            await connection.exec_driver_sql("INSERT INTO t VALUES (100)")
            await connection.rollback()

    async with engine.begin() as connection:
        await connection.exec_driver_sql("CREATE TABLE t (n INTEGER)")
    await asyncio.gather(add(), add_and_regret(), add(), add_and_regret(), add())
    total = await _scalars(engine, "SELECT sum(n) FROM t")
    await engine.dispose()
    assert total == [3]
    assert os.listdir(tmp_path) == []


async def test_postgres_sessions_are_named_and_limited(empty_postgres: str) -> None:
    engine = await open_engine(parse_url(empty_postgres))
    settings = await _scalars(engine, "SHOW application_name", "SHOW statement_timeout")
    await engine.dispose()
    assert settings == ["plexus", "30s"]


async def test_options_of_the_url_reach_postgres(empty_postgres: str) -> None:
    mark = "&" if "?" in empty_postgres else "?"
    options = f"{mark}sslmode=prefer&application_name=desk&statement_timeout=5s&connect_timeout=9"
    engine = await open_engine(parse_url(empty_postgres + options))
    settings = await _scalars(engine, "SHOW application_name", "SHOW statement_timeout")
    await engine.dispose()
    assert settings == ["desk", "5s"]


async def test_an_unreachable_server_is_tried_for_a_while_and_then_named() -> None:
    error, delays = await _opening_fails("postgres://me:s3cret@127.0.0.1:1/books")
    assert delays == list(RETRY_DELAYS_S)
    assert error.message.startswith("cannot reach PostgreSQL at 127.0.0.1:1/books: ")
    assert "check that the server runs" in error.message


async def test_a_server_that_is_starting_is_waited_for_and_a_wrong_password_is_not() -> None:
    async with _server_that_answers(["57P03", "57P03", "28P01", "00000"]) as (url, left):
        error, delays = await _opening_fails(url)
    assert left == ["00000"]
    assert delays == list(RETRY_DELAYS_S[:2])
    assert "refused the login" in error.message
    assert "check user and password in DATABASE_URL" in error.message


async def test_a_missing_postgres_database_is_named_at_once(empty_postgres: str) -> None:
    missing = empty_postgres.replace("plexus_test_", "plexus_gone_")
    error, delays = await _opening_fails(missing)
    assert delays == []
    assert "there is no database 'plexus_gone_" in error.message


async def test_a_file_that_is_no_database_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "plexus.db").write_text("certainly not a database, but long enough to be one" * 9)
    error, delays = await _opening_fails(f"sqlite://{tmp_path}/plexus.db")
    assert delays == []
    assert f"cannot open SQLite file {tmp_path}/plexus.db" in error.message
    assert "file is not a database" in error.message


async def test_a_folder_that_cannot_be_made_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    error, delays = await _opening_fails(f"sqlite://{tmp_path}/data/plexus.db")
    assert delays == []
    assert f"cannot create the folder {tmp_path}/data" in error.message
