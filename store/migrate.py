"""Bring the tables to this release's state before anything uses them."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path
from typing import Final

from sqlalchemy import Column, Connection, MetaData, String, Table, insert, inspect, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from plexus.store.errors import StoreError, reason
from plexus.store.exclusive import exclusive
from plexus.store.tables import METADATA
from plexus.store.triggers import create_triggers
from plexus.store.url import DatabaseUrl

log = logging.getLogger(__name__)

# The newest file in migrations/versions. Stated here so that a start at this state need not import
# Alembic, which takes longer than everything else in it.
HEAD: Final = "0007"
SCRIPTS: Final = Path(__file__).with_name("migrations")

# Alembic's own table, spelled out for databases that are created without it.
_VERSION: Final = Table(
    "alembic_version", MetaData(), Column("version_num", String(32), primary_key=True)
)
_VERSION.primary_key.name = "alembic_version_pkc"


async def migrate(engine: AsyncEngine, url: DatabaseUrl) -> None:
    """Create or upgrade the tables; several processes may call this at once.

    Raises `StoreError` when the database is newer than this release, or not Plexus's.
    """
    try:
        async with engine.connect() as connection:
            revision = await connection.run_sync(read_revision)
        if revision == HEAD:
            return
        await _bring_to_head(engine, url)
    except (SQLAlchemyError, sqlite3.Error) as exc:
        raise StoreError(
            f"cannot prepare the tables in {url.place}: {reason(exc)}; check that this user may "
            "create tables there, and that the database is Plexus's own"
        ) from exc


def read_revision(connection: Connection) -> str | None:
    """Return which revision the tables are at; `None`: they were never created."""
    if not inspect(connection).has_table(_VERSION.name):
        return None
    return connection.execute(select(_VERSION.c.version_num)).scalar()


def create(connection: Connection) -> None:
    """Create the tables of this release in an empty database, as all revisions together would."""
    METADATA.create_all(connection)
    create_triggers(connection)
    _VERSION.create(connection, checkfirst=True)
    connection.execute(insert(_VERSION).values(version_num=HEAD))


def upgrade(connection: Connection) -> None:
    """Run the revisions that are missing, in the caller's transaction."""
    from alembic import command  # noqa: PLC0415 - slow to import, see HEAD
    from alembic.config import Config  # noqa: PLC0415 - slow to import, see HEAD
    from alembic.util import CommandError  # noqa: PLC0415 - slow to import, see HEAD

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as exc:
        raise StoreError(
            f"the database is at a revision that this release does not know ({exc}); start the "
            "newer release that wrote it, or restore a backup"
        ) from exc


async def _bring_to_head(engine: AsyncEngine, url: DatabaseUrl) -> None:
    async with exclusive(engine, url) as connection:
        await connection.run_sync(_create_or_upgrade)


def _create_or_upgrade(connection: Connection) -> None:
    revision = read_revision(connection)
    if revision == HEAD:
        return  # another process was faster
    present = set(inspect(connection).get_table_names())
    if revision is None and present.isdisjoint(METADATA.tables):
        create(connection)
        log.info("store.created revision=%s", HEAD)
    else:
        upgrade(connection)
        log.info("store.migrated from=%s to=%s", revision, HEAD)
