"""Who is to blame for a failed statement, and how it is told."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy.exc import DBAPIError, OperationalError

from plexus.store.errors import StoreError, is_row_fault, reason


class _PostgresError(Exception):
    def __init__(self, state: str) -> None:
        super().__init__("told by the server\nDETAIL: row")
        self.sqlstate = state


def _wrapped(original: Exception) -> DBAPIError:
    return DBAPIError("INSERT …", ("a value",), original)


@pytest.mark.parametrize(
    "exc",
    [
        UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
        OverflowError("Python int too large"),
        sqlite3.IntegrityError("NOT NULL constraint failed"),
        sqlite3.ProgrammingError("type 'dict' is not supported"),
        _wrapped(_PostgresError("22021")),
        _wrapped(_PostgresError("23502")),
        _wrapped(sqlite3.IntegrityError("NOT NULL constraint failed")),
    ],
)
def test_the_row_is_to_blame_for_values_that_the_database_refuses(exc: Exception) -> None:
    assert is_row_fault(exc)


@pytest.mark.parametrize(
    "exc",
    [
        sqlite3.OperationalError("database is locked"),
        ConnectionRefusedError("refused"),
        TimeoutError(),
        StoreError("cannot reach the server", temporary=True),
        OperationalError("INSERT …", (), sqlite3.OperationalError("disk I/O error")),
        _wrapped(_PostgresError("57014")),
        _wrapped(_PostgresError("42P01")),
    ],
)
def test_the_row_is_not_to_blame_for_a_database_that_fails(exc: Exception) -> None:
    assert not is_row_fault(exc)


def test_a_reason_is_one_line_without_statement_and_values() -> None:
    assert reason(_wrapped(_PostgresError("22021"))) == "_PostgresError: told by the server"
    assert reason(TimeoutError()) == "TimeoutError"
    assert reason(StoreError("cannot reach the server")) == "cannot reach the server"
