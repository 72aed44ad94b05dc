"""The key of the database: tell a wrong one, seal what is plain, change it (controlplane.md §7)."""

from __future__ import annotations

import logging
from typing import Final

from sqlalchemy import Connection, inspect, select, true
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from plexus.certs.sealer import Sealer, SealError
from plexus.store.errors import TROUBLE, StoreError, reason
from plexus.store.exclusive import exclusive
from plexus.store.reseal import has_plain, rewrite
from plexus.store.scrub import scrub
from plexus.store.sealed import SEALED, open_value, seal_value
from plexus.store.tables import SEALING, unsealed
from plexus.store.upsert import upsert
from plexus.store.url import DatabaseUrl

NO_KEY: Final = (
    "database contains encrypted values but ENCRYPTION_KEY is not set; set it to the key with "
    "which they were encrypted"
)
WRONG_KEY: Final = (
    "the database was encrypted with another ENCRYPTION_KEY; set the former key, or change the key "
    "with `plexus rekey`. Nothing was modified"
)

_CANARY: Final = "canary"
_WORD: Final = "plexus"

log = logging.getLogger(__name__)


async def check_key(engine: AsyncEngine, sealer: Sealer) -> None:
    """Raise `StoreError` unless this key, or none, is the one of the database; only reads."""
    async with engine.connect() as connection:
        await connection.run_sync(_check, sealer)


async def seal_plaintext(engine: AsyncEngine, url: DatabaseUrl, sealer: Sealer) -> int:
    """Seal what is still plain, in one transaction; return how many values that were.

    What plain text is left in the file's free pages is removed then; should that fail, it is tried
    again at the next start. Raises `StoreError`.
    """
    if not sealer.has_key:
        return 0
    try:
        async with engine.connect() as connection:
            settled = await connection.run_sync(_is_settled)
        if settled:
            return 0
        async with exclusive(engine, url) as connection:
            sealed = await connection.run_sync(_seal_all, sealer)
    except TROUBLE as exc:
        raise StoreError(
            f"cannot encrypt what is in {url.place}: {reason(exc)}; nothing was changed"
        ) from exc
    if sealed:
        log.warning("store.encrypted values=%d", sealed)
    await _scrub(engine, url)
    return sealed


async def rekey(engine: AsyncEngine, url: DatabaseUrl, *, old: Sealer, new: Sealer) -> int:
    """Seal everything anew, in one transaction; return how many values that were.

    Plain values are sealed too. Raises `StoreError`; the database is then as it was.
    """
    try:
        async with exclusive(engine, url) as connection:
            changed = await connection.run_sync(_rekey_all, old, new)
    except SealError as exc:
        raise StoreError(f"{exc}; nothing was changed") from exc
    except SQLAlchemyError as exc:
        raise StoreError(f"cannot change the key: {reason(exc)}; nothing was changed") from exc
    await _scrub(engine, url)
    return changed


async def is_encrypted(engine: AsyncEngine) -> bool:
    """Whether a key belongs to this database."""
    async with engine.connect() as connection:
        return await connection.run_sync(_canary) is not None


def _check(connection: Connection, sealer: Sealer) -> None:
    canary = _canary(connection)
    if canary is None:
        return
    if not sealer.has_key:
        raise StoreError(NO_KEY)
    try:
        sealer.open(canary)
    except SealError as exc:
        raise StoreError(WRONG_KEY) from exc


def _canary(connection: Connection) -> str | None:
    if not inspect(connection).has_table(SEALING.name):
        return None
    query = select(SEALING.c.value).where(SEALING.c.name == _CANARY)
    return connection.execute(query).scalar_one_or_none()


def _is_settled(connection: Connection) -> bool:
    query = select(SEALING.c.is_scrubbed).where(SEALING.c.name == _CANARY)
    if connection.execute(query).scalar_one_or_none() is not True:
        return False
    return not any(has_plain(connection, table) for table in SEALED)


def _seal_all(connection: Connection, sealer: Sealer) -> int:
    _check(connection, sealer)  # another process may have been faster, with another key
    dialect = connection.dialect.name
    sealed = sum(
        rewrite(
            connection,
            table,
            lambda value: seal_value(sealer, value),
            where=unsealed(table, dialect),
        )
        for table in SEALED
    )
    _set_canary(connection, sealer, is_scrubbed=False)
    return sealed


def _rekey_all(connection: Connection, old: Sealer, new: Sealer) -> int:
    _check(connection, old)
    changed = sum(
        rewrite(
            connection, table, lambda value: seal_value(new, open_value(old, value)), where=true()
        )
        for table in SEALED
    )
    _set_canary(connection, new, is_scrubbed=False)
    return changed


def _set_canary(connection: Connection, sealer: Sealer, *, is_scrubbed: bool) -> None:
    row = {"name": _CANARY, "value": sealer.seal(_WORD), "is_scrubbed": is_scrubbed}
    columns = tuple(row)
    connection.execute(upsert(connection.dialect.name, SEALING, key="name", columns=columns), row)


async def _scrub(engine: AsyncEngine, url: DatabaseUrl) -> None:
    try:
        await scrub(engine, url)
        async with engine.begin() as connection:
            await connection.execute(SEALING.update().values(is_scrubbed=True))
    except TROUBLE as exc:
        log.warning(
            "store.plaintext_left reason=%s; free pages may still hold it until the next start",
            reason(exc),
        )
