"""Indexes over some of the rows, created by either engine in its own words."""

from sqlalchemy import Column, MetaData, Table, Text, inspect, text
from sqlalchemy.engine.interfaces import ReflectedIndex

from plexus.store.engine import open_engine
from plexus.store.partial_index import partial_index
from plexus.store.url import parse_url


async def test_the_index_has_the_condition_of_its_engine(database_url: str) -> None:
    metadata = MetaData()
    table = Table("notes", metadata, Column("name", Text))
    of_sqlite, of_postgresql = text("name = 'of sqlite'"), text("name = 'of postgresql'")
    partial_index("ix_some", table.c.name, sqlite=of_sqlite, postgresql=of_postgresql)
    engine = await open_engine(parse_url(database_url))
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
        found: list[ReflectedIndex] = await connection.run_sync(
            lambda sync: inspect(sync).get_indexes("notes")
        )
    await engine.dispose()
    name = engine.dialect.name
    options = found[0].get("dialect_options", {})
    assert [one["name"] for one in found] == ["ix_some"]
    assert f"of {name}" in str(options[f"{name}_where"])
