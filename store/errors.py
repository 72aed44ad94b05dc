"""What can go wrong with a database, who is to blame, and how to say it without a secret."""

from __future__ import annotations

import sqlite3
from typing import Final

from sqlalchemy.exc import DBAPIError, SQLAlchemyError


class StoreError(Exception):
    """The database cannot be used; the message names it and the remedy, never a credential.

    `temporary` is true when trying again soon may help (a server that is still starting).
    """

    def __init__(self, message: str, *, temporary: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.temporary = temporary


# Everything a statement may raise on either engine, on the way to the driver and back.
TROUBLE: Final = (
    SQLAlchemyError,
    sqlite3.Error,
    StoreError,
    OSError,
    ValueError,
    TypeError,
    OverflowError,
)

_ROW_FAULTS: Final = (
    ValueError,
    TypeError,
    OverflowError,
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.ProgrammingError,
    sqlite3.InterfaceError,
)

# PostgreSQL's SQLSTATE classes "data exception" and "integrity constraint violation" (manual,
# appendix A).
_ROW_STATES: Final = ("22", "23")


def is_row_fault(exc: BaseException) -> bool:
    """Tell whether the values are to blame, so that trying again with them is in vain."""
    if isinstance(exc, _ROW_FAULTS):
        return True
    if not isinstance(exc, DBAPIError) or exc.orig is None:
        return False
    state = getattr(exc.orig, "sqlstate", None)
    if isinstance(state, str):
        return state.startswith(_ROW_STATES)
    # SQLAlchemy wraps the driver's own exception, which then stands behind as the cause.
    return isinstance(exc.orig, _ROW_FAULTS) or isinstance(exc.orig.__cause__, _ROW_FAULTS)


def reason(exc: BaseException) -> str:
    """Say in one line what the driver complained about, without statement and parameters."""
    if isinstance(exc, StoreError):
        return exc.message
    origin = exc.orig if isinstance(exc, DBAPIError) and exc.orig is not None else exc
    cause = origin.__cause__ if isinstance(exc, DBAPIError) else None
    told = cause if cause is not None else origin
    lines = str(told).strip().splitlines()
    name = type(told).__name__
    return f"{name}: {lines[0][:200]}" if lines else name
