"""That the tables come to be once, the same way on every path, and only when needed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from plexus.store.engine import open_engine
from plexus.store.errors import StoreError
from plexus.store.migrate import HEAD, SCRIPTS, create, migrate, read_revision, upgrade
from plexus.store.tables import METADATA
from plexus.store.url import parse_url

type Shape = dict[str, list[str]]


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, METADATA))


def _shape(connection: Connection) -> Shape:
    if connection.dialect.name == "sqlite":
        query = "SELECT type || ' ' || name, sql FROM sqlite_master ORDER BY 1"
        found = connection.exec_driver_sql(query)
        return {name: sorted((sql or "").replace(",", "").split()) for name, sql in found}
    columns = connection.exec_driver_sql(
        "SELECT table_name, ordinal_position, column_name, data_type, is_nullable, column_default "
        "FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"
    )
    indexes = connection.exec_driver_sql("SELECT indexdef FROM pg_indexes ORDER BY 1")
    return {
        "columns": [str(tuple(row)) for row in columns],
        "indexes": [row[0] for row in indexes if " public." in row[0]],
    }


def test_the_stated_head_is_the_newest_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


async def test_creating_and_migrating_give_the_same_tables(database_url: str) -> None:
    engine = await open_engine(parse_url(database_url))
    async with engine.begin() as connection:
        await connection.run_sync(upgrade)
        differences = await connection.run_sync(_differences)
        migrated = await connection.run_sync(_shape)
        await connection.rollback()
    async with engine.begin() as connection:
        await connection.run_sync(create)
        created = await connection.run_sync(_shape)
        await connection.rollback()
    await engine.dispose()
    assert differences == []
    assert migrated == created


async def test_migrating_twice_changes_nothing(database_url: str) -> None:
    url = parse_url(database_url)
    engine = await open_engine(url)
    shapes = []
    for _ in range(2):
        await migrate(engine, url)
        async with engine.connect() as connection:
            assert await connection.run_sync(read_revision) == HEAD
            shapes.append(await connection.run_sync(_shape))
    await engine.dispose()
    assert shapes[0] == shapes[1]


async def test_processes_that_start_at_once_do_not_get_in_each_others_way(
    database_url: str,
) -> None:
    url = parse_url(database_url)

    async def start() -> list[str]:
        engine = await open_engine(url)
        await migrate(engine, url)
        async with engine.connect() as connection:
            versions = await connection.exec_driver_sql("SELECT version_num FROM alembic_version")
            found = list(versions.scalars())
        await engine.dispose()
        return found

    assert await asyncio.gather(*(start() for _ in range(4))) == [[HEAD]] * 4


async def test_a_migration_that_breaks_off_leaves_nothing_behind(database_url: str) -> None:
    url = parse_url(database_url)
    engine = await open_engine(url)
    async with engine.begin() as connection:
        # In the way of the second table that the first revision creates.
        await connection.exec_driver_sql("CREATE TABLE instances (something TEXT)")
    with pytest.raises(StoreError, match=r"cannot prepare the tables in .*instances"):
        await migrate(engine, url)
    async with engine.connect() as connection:
        tables = await connection.run_sync(lambda c: inspect(c).get_table_names())
    await engine.dispose()
    assert tables == ["instances"]


async def test_a_database_from_a_newer_release_is_refused(database_url: str) -> None:
    url = parse_url(database_url)
    engine = await open_engine(url)
    await migrate(engine, url)
    async with engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match=r"revision that this release does not know.*9999"):
        await migrate(engine, url)
    await engine.dispose()


async def test_an_empty_database_in_memory_is_created() -> None:
    url = parse_url(":memory:")
    engine = await open_engine(url)
    await migrate(engine, url)
    async with engine.connect() as connection:
        assert await connection.run_sync(read_revision) == HEAD
    await engine.dispose()


async def test_no_start_needs_alembic_unless_there_is_something_to_migrate(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys; from plexus.store.store import Store\n"
        "async def main():\n"
        f"    for _ in range(2): await (await Store.open('sqlite://{tmp_path}/plexus.db')).close()\n"
        "asyncio.run(main()); print('alembic' in sys.modules, 'asyncpg' in sys.modules)\n"
    )
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await child.communicate()
    assert output.split() == [b"False", b"False"]
