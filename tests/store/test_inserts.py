"""Statements begin in the words of the engine that they are for."""

import pytest
from sqlalchemy import Column, MetaData, Table, Text
from sqlalchemy.dialects import postgresql, sqlite

from plexus.store.inserts import insert_into

TABLE = Table("notes", MetaData(), Column("name", Text, primary_key=True))


@pytest.mark.parametrize(
    ("dialect", "kind"), [("sqlite", sqlite.Insert), ("postgresql", postgresql.Insert)]
)
def test_each_engine_has_a_statement_of_its_own(dialect: str, kind: type) -> None:
    statement = insert_into(dialect, TABLE)
    assert (type(statement), statement.table) == (kind, TABLE)
