"""The revisions, one after the other and back."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect

from plexus.store.engine import open_engine
from plexus.store.migrate import SCRIPTS, upgrade
from plexus.store.tables import METADATA
from plexus.store.url import parse_url


def _tables(connection: Connection) -> list[str]:
    return sorted(inspect(connection).get_table_names())


def _downgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.downgrade(config, "base")


async def test_the_revisions_create_the_tables_and_remove_them_again(
    database_url: str,
) -> None:
    engine = await open_engine(parse_url(database_url))
    async with engine.begin() as connection:
        await connection.run_sync(upgrade)
        after_upgrade = await connection.run_sync(_tables)
        await connection.run_sync(_downgrade)
        after_downgrade = await connection.run_sync(_tables)
    await engine.dispose()
    assert after_upgrade == sorted(["alembic_version", *METADATA.tables])
    assert after_downgrade == ["alembic_version"]
