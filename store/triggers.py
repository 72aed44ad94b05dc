"""The triggers: which day of `usage_days` is to be summed up again, whoever changes its rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection

_NOTE_STALE: Final = (
    "INSERT INTO usage_days_stale (day) SELECT OLD.start_time / 86400000 WHERE NOT EXISTS "
    "(SELECT 1 FROM usage_days_stale WHERE day = OLD.start_time / 86400000);"
)

# SQLite gives the number of the last row again once that is deleted; PostgreSQL never does.
_LOWER_MARK: Final = (
    "UPDATE watermarks SET row_id = (SELECT coalesce(max(id), 0) FROM request_usage) "
    "WHERE name = 'usage_days' AND row_id > (SELECT coalesce(max(id), 0) FROM request_usage);"
)

# By the name of the engine; `migrations/` has the same, for databases of earlier releases.
TRIGGERS: Final[Mapping[str, tuple[str, ...]]] = {
    "sqlite": (
        "CREATE TRIGGER request_usage_updated AFTER UPDATE ON request_usage "
        f"WHEN OLD.response_status <> 'pending' BEGIN {_NOTE_STALE} END",
        "CREATE TRIGGER request_usage_deleted AFTER DELETE ON request_usage "
        f"BEGIN {_NOTE_STALE} {_LOWER_MARK} END",
    ),
    "postgresql": (
        "CREATE FUNCTION note_stale_usage_day() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {_NOTE_STALE} RETURN NULL; END $$",
        "CREATE TRIGGER request_usage_updated AFTER UPDATE ON request_usage FOR EACH ROW "
        "WHEN (OLD.response_status <> 'pending') EXECUTE FUNCTION note_stale_usage_day()",
        "CREATE TRIGGER request_usage_deleted AFTER DELETE ON request_usage FOR EACH ROW "
        "EXECUTE FUNCTION note_stale_usage_day()",
    ),
}


def create_triggers(connection: Connection) -> None:
    """Create the triggers of this release in a database that has its tables and none of them."""
    for statement in TRIGGERS[connection.dialect.name]:
        connection.exec_driver_sql(statement)
