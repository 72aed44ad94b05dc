"""One process at a time has the database alone."""

import asyncio

import pytest
from sqlalchemy import text

from plexus.store.engine import open_engine
from plexus.store.exclusive import exclusive, patient
from plexus.store.url import parse_url


async def test_the_second_waits_until_the_first_is_done(database_url: str) -> None:
    url = parse_url(database_url)
    engine = await open_engine(url)
    order: list[str] = []
    inside = asyncio.Event()

    async def first() -> None:
        async with exclusive(engine, url) as connection:
            await connection.execute(text("CREATE TABLE t (n INTEGER)"))
            inside.set()
            await connection.execute(text("INSERT INTO t VALUES (1)"))
            order.append("first")

    async def second() -> None:
        await inside.wait()
        async with exclusive(engine, url) as connection:
            order.append("second")
            assert (await connection.execute(text("SELECT n FROM t"))).scalar_one() == 1

    async with asyncio.TaskGroup() as group:
        group.create_task(first())
        group.create_task(second())
    await engine.dispose()
    assert order == ["first", "second"]


async def test_what_fails_midway_leaves_nothing_behind(database_url: str) -> None:
    url = parse_url(database_url)
    engine = await open_engine(url)

    async def fail() -> None:
        async with exclusive(engine, url) as connection:
            await connection.execute(text("CREATE TABLE t (n INTEGER)"))
            raise ValueError("midway")

    with pytest.raises(ValueError, match="midway"):
        await fail()
    async with exclusive(engine, url) as connection:
        await connection.execute(text("CREATE TABLE t (n INTEGER)"))
    await engine.dispose()


async def test_a_database_in_memory_has_only_its_own_engine() -> None:
    url = parse_url(":memory:")
    engine = await open_engine(url)
    async with patient(engine, url) as lent:
        assert lent is engine
    await engine.dispose()
