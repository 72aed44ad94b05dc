"""Look a database over and look after it from outside: no gateway is started, nothing migrated."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from plexus.certs.sealer import Sealer
from plexus.store import encryption, survey
from plexus.store.engine import open_engine
from plexus.store.errors import TROUBLE, StoreError, reason
from plexus.store.instances import Instances
from plexus.store.migrate import migrate
from plexus.store.survey import Survey
from plexus.store.url import DatabaseUrl, SqliteUrl, parse_url
from plexus.store.writer import wall_ms


async def look_over(url: str) -> Survey:
    """Survey a database; raise `StoreError`."""
    async with _open(url) as (engine, parsed):
        return await survey.survey(engine, parsed)


async def shrink(url: str) -> None:
    """Vacuum a database; raise `StoreError`."""
    async with _open(url) as (engine, parsed):
        await survey.vacuum(engine, parsed)


async def change_key(url: str, *, old: Sealer, new: Sealer) -> int:
    """Seal everything anew; return how many values that were. Raise `StoreError`.

    Refused while gateways use the database: what they write under the old key could be read by
    nobody afterwards.
    """
    async with _open(url) as (engine, parsed):
        await encryption.check_key(engine, old)
        await migrate(engine, parsed)
        instances = Instances(engine=engine, clock=wall_ms)
        gone = set(await instances.gone())
        running = [one for one in await instances.all() if one.id not in gone]
        if running:
            who = ", ".join(f"process {one.pid} on {one.host}" for one in running)
            raise StoreError(f"gateways use the database: {who}; stop them first")
        return await encryption.rekey(engine, parsed, old=old, new=new)


@asynccontextmanager
async def _open(url: str) -> AsyncIterator[tuple[AsyncEngine, DatabaseUrl]]:
    parsed = parse_url(url)
    if isinstance(parsed, SqliteUrl) and (parsed.path is None or not _is_there(parsed.path)):
        raise StoreError(f"there is no database yet: {parsed.place}")
    engine = await open_engine(parsed)
    try:
        yield engine, parsed
    except TROUBLE as exc:
        if isinstance(exc, StoreError):
            raise
        raise StoreError(f"{parsed.place}: {reason(exc)}") from exc
    finally:
        await engine.dispose()


def _is_there(path: Path) -> bool:
    return path.exists()
