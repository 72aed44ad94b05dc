"""Go through the sealed values of a table and change them: for the first key, for another one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import batched
from typing import Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    RowMapping,
    Table,
    bindparam,
    select,
    update,
)

from plexus.store.sealed import SEALED
from plexus.store.tables import unsealed

type Change = Callable[[str | bytes], str | bytes]

_ROWS: Final = 20  # that are in memory at once; a trace may have megabytes


def has_plain(connection: Connection, table: Table) -> bool:
    """Whether a secret value of this table is not sealed."""
    where = unsealed(table, connection.dialect.name)
    return (
        connection.execute(select(1).select_from(table).where(where).limit(1)).first() is not None
    )


def rewrite(
    connection: Connection, table: Table, change: Change, *, where: ColumnElement[bool]
) -> int:
    """Change the secret values of the rows that are meant; return how many changed.

    In the caller's transaction. The table's key must be one column.
    """
    (key,) = table.primary_key.columns
    columns = [key, *SEALED[table]]
    new: dict[str, BindParameter[object]] = {
        column.name: bindparam(f"new_{column.name}") for column in SEALED[table]
    }
    statement = update(table).where(key == bindparam("this")).values(new)
    changed = 0
    identities = connection.execute(select(key).where(where)).scalars().all()
    for some in batched(identities, _ROWS):
        rows = connection.execute(select(*columns).where(key.in_(some))).mappings().all()
        changes = [(row[key.name], _changed(row, table, change)) for row in rows]
        changed += sum(len(values) for _, values in changes)
        values = [
            {"this": identity} | {f"new_{name}": values.get(name, row[name]) for name in new}
            for row, (identity, values) in zip(rows, changes, strict=True)
            if values
        ]
        if values:
            connection.execute(statement, values)
    return changed


def _changed(row: RowMapping, table: Table, change: Change) -> dict[str, str | bytes]:
    """Return the values that change makes others of."""
    values = {column.name: row[column.name] for column in SEALED[table]}
    after = {name: change(value) for name, value in values.items() if value is not None}
    return {name: value for name, value in after.items() if value != values[name]}
