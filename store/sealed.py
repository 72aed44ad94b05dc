"""Which columns are sealed: one list for writing, reading, the first start with a key and rekey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Column, RowMapping, Table

from plexus.certs.sealer import Sealer
from plexus.store.records import ConversationRecord, ResponseRecord, TurnRecord
from plexus.store.tables import METADATA, secrets_of

type Secret = Column[str | bytes]

# Marked in tables.py with `info=SECRET`.
SEALED: Final[Mapping[Table, Sequence[Secret]]] = {
    table: secrets for table in METADATA.sorted_tables if (secrets := secrets_of(table))
}


def seal_value(sealer: Sealer, value: str | bytes) -> str | bytes:
    """Seal a value of either kind of column."""
    return sealer.seal(value) if isinstance(value, str) else sealer.seal_bytes(value)


def open_value(sealer: Sealer, value: str | bytes) -> str | bytes:
    """Open a value of either kind of column; raise `SealError`."""
    return sealer.open(value) if isinstance(value, str) else sealer.open_bytes(value)


def sealed_record[R: (ResponseRecord, TurnRecord, ConversationRecord)](
    sealer: Sealer, table: Table, record: R
) -> R:
    """Return a record of this table with its secret fields sealed; the same one without a key."""
    names = [column.name for column in SEALED[table]] if sealer.has_key else []
    changes: dict[str, Any] = {name: sealer.seal(getattr(record, name)) for name in names}
    return replace(record, **changes)


def opened_row(sealer: Sealer, table: Table, row: RowMapping) -> dict[str, Any]:
    """Return a row, or a part of one, with its secret columns opened; raise `SealError`."""
    opened = dict(row)
    for column in SEALED[table]:
        if isinstance(value := opened.get(column.name), str):
            opened[column.name] = sealer.open(value)
    return opened
