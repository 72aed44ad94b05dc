"""Connections to PostgreSQL: which failures may pass by themselves."""

from __future__ import annotations

import asyncio

import pytest

from plexus.store import postgres
from plexus.store.errors import StoreError
from plexus.store.url import PostgresUrl, parse_url


def _parsed(url: str) -> PostgresUrl:
    parsed = parse_url(url)
    assert isinstance(parsed, PostgresUrl)
    return parsed


async def test_a_slow_statement_is_ended_by_the_server(empty_postgres: str) -> None:
    import asyncpg

    connection = await postgres.connect(_parsed(empty_postgres), statement_timeout_s=0.05)
    assert isinstance(connection, asyncpg.Connection)
    with pytest.raises(asyncpg.QueryCanceledError):
        await connection.execute("SELECT pg_sleep(30)")
    await connection.close()


async def test_a_server_that_never_answers_is_given_up_after_the_connect_timeout() -> None:
    async def stay_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # until the client gives up
        writer.close()

    server = await asyncio.start_server(stay_silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    url = _parsed(f"postgres://me:s3cret@127.0.0.1:{port}/books?connect_timeout=1")
    async with server:
        with pytest.raises(StoreError) as caught:
            await postgres.connect(url, statement_timeout_s=30)
    assert not caught.value.temporary
    assert caught.value.message == (
        f"cannot reach PostgreSQL at 127.0.0.1:{port}/books: TimeoutError; check that the server "
        "runs and that host, port and sslmode in DATABASE_URL are right"
    )


async def test_a_setting_that_the_server_does_not_take_is_told(empty_postgres: str) -> None:
    mark = "&" if "?" in empty_postgres else "?"
    url = _parsed(f"{empty_postgres}{mark}statement_timeout=soon")
    with pytest.raises(StoreError) as caught:
        await postgres.connect(url, statement_timeout_s=30)
    assert not caught.value.temporary
    assert 'invalid value for parameter "statement_timeout"' in caught.value.message
