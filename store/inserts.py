"""`INSERT … ON CONFLICT` for either engine; what PostgreSQL needs is loaded when it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Table
from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

type Insert = sqlite.Insert | postgresql.Insert


def insert_into(dialect: str, table: Table) -> Insert:
    """Begin a statement for the engine whose SQLAlchemy dialect has this name."""
    if dialect == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - all its drivers come along, 2 MB

    return postgresql.insert(table)
