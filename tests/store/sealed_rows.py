"""A row for any table, so that every sealed column is tested, those of later tables too."""

from __future__ import annotations

from sqlalchemy import Boolean, LargeBinary, MetaData, Table, Text, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from plexus.store.engine import open_engine
from plexus.store.sealed import SEALED, Secret
from plexus.store.url import parse_url

COLUMNS = [column for columns in SEALED.values() for column in columns]
PLAIN = "canary-plaintext-ü"


def row_of(table: Table) -> dict[str, object]:
    """Return a value for each column; the secret ones hold `PLAIN`."""
    return {column.name: _value(column) for column in table.columns}


def plain_of(column: Secret) -> str | bytes:
    """Return `PLAIN` as this column stores it."""
    return PLAIN.encode() if isinstance(column.type, LargeBinary) else PLAIN


async def fill(url: str) -> None:
    """Put one row into every table with a sealed column."""
    engine = await open_engine(parse_url(url))
    async with engine.begin() as connection:
        for table in SEALED:
            await connection.execute(insert(table), row_of(table))
    await engine.dispose()


async def stored(engine: AsyncEngine) -> list[str | bytes]:
    """Return every value of a sealed column as it stands in the database."""
    async with engine.connect() as connection:
        found = [(await connection.execute(select(column))).scalars().all() for column in COLUMNS]
    return [value for values in found for value in values]


async def stored_in(url: str) -> list[str | bytes]:
    """Return the same of a database that is closed."""
    engine = await open_engine(parse_url(url))
    try:
        return await stored(engine)
    finally:
        await engine.dispose()


def unmarked(metadata: MetaData, words: tuple[str, ...]) -> set[str]:
    """Return the columns whose name holds one of the words but that are not sealed."""
    sealed = {str(column) for column in COLUMNS}
    return {
        str(column)
        for table in metadata.sorted_tables
        for column in table.columns
        if any(word in column.name for word in words) and str(column) not in sealed
    }


def _value(column: Secret) -> object:
    if column in COLUMNS:
        return plain_of(column)
    if isinstance(column.type, Boolean):
        return False
    return f"x-{column.name}" if isinstance(column.type, Text) else 1
