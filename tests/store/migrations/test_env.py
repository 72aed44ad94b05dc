"""The environment that Alembic runs."""

from __future__ import annotations

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from plexus.store.migrate import SCRIPTS, upgrade
from plexus.store.tables import METADATA


def test_the_environment_migrates_the_connection_that_it_is_given() -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        upgrade(connection)
        tables = set(inspect(connection).get_table_names())
    engine.dispose()
    assert tables == {*METADATA.tables, "alembic_version"}


def test_the_revisions_lie_beside_the_environment() -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    assert (SCRIPTS / "env.py").is_file()
    assert [one.revision for one in scripts.walk_revisions()][-1] == "0001"
