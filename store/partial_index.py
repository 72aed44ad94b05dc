"""Indexes over the rows that meet a condition, without loading PostgreSQL's dialect for SQLite.

An argument that SQLAlchemy keeps for a dialect (`postgresql_where`) loads that dialect with all its
drivers as soon as it is written, so PostgreSQL's condition waits until PostgreSQL is asked.
"""

from __future__ import annotations

from sqlalchemy import Column, ColumnElement, Connection, Index, TextClause, event

type Condition = ColumnElement[bool] | TextClause


def partial_index(
    name: str, column: Column[object], *, sqlite: Condition, postgresql: Condition
) -> Index:
    """Add an index of the rows that meet the condition, in either engine's words."""
    index = Index(name, column, sqlite_where=sqlite)

    @event.listens_for(index, "before_create")
    def complete(target: Index, connection: Connection, **_: object) -> None:
        if connection.dialect.name == "postgresql":
            target.kwargs["postgresql_where"] = postgresql

    return index
