"""Connect to PostgreSQL with asyncpg, and say in a sentence why that failed."""

from __future__ import annotations

from typing import Final

from plexus.store.errors import StoreError, reason
from plexus.store.url import PostgresUrl

CONNECT_TIMEOUT_S: Final = 10.0

# SQLSTATEs of a server that may be ready in a moment: starting up, shutting down, out of slots.
_TEMPORARY_STATES: Final = frozenset({"57P03", "57P01", "57P02", "53300"})
_NO_DATABASE: Final = "3D000"
_REFUSED: Final = frozenset({"28P01", "28000"})


async def connect(url: PostgresUrl, *, statement_timeout_s: float) -> object:
    """Open one connection; raise `StoreError` with a sentence that names server and remedy."""
    # Here, because a gateway on SQLite need not spend the 30 ms that this import takes.
    import asyncpg  # type: ignore[import-untyped]  # noqa: PLC0415 - it ships no types; as above

    try:
        connection: object = await asyncpg.connect(
            url.dsn(),
            user=url.user,
            password=url.password,
            timeout=CONNECT_TIMEOUT_S if url.connect_timeout is None else url.connect_timeout,
            # The server ends a slow statement itself; ours only bounds a peer that went silent.
            command_timeout=None
            if "statement_timeout" in url.server_options
            else statement_timeout_s + 5,
            server_settings={
                "application_name": "plexus",
                "statement_timeout": str(int(statement_timeout_s * 1000)),
                **url.server_options,
            },
        )
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as exc:
        raise _explained(url, exc) from exc
    return connection


def _explained(url: PostgresUrl, exc: Exception) -> StoreError:
    state = getattr(exc, "sqlstate", None)
    if state in _TEMPORARY_STATES:
        return StoreError(f"{url.place} is not ready yet: {reason(exc)}", temporary=True)
    if state == _NO_DATABASE:
        return StoreError(
            f"{url.place}: there is no database {url.database!r}; create it (createdb) or correct "
            "the name in DATABASE_URL"
        )
    if state in _REFUSED:
        return StoreError(
            f"{url.place} refused the login: {reason(exc)}; check user and password in "
            "DATABASE_URL, and add ?sslmode=require if the server wants encryption"
        )
    if isinstance(exc, OSError):
        return StoreError(
            f"cannot reach {url.place}: {reason(exc)}; check that the server runs and that host, "
            "port and sslmode in DATABASE_URL are right",
            # A host that said nothing for 10 s has had its chance; others may be starting.
            temporary=not isinstance(exc, TimeoutError),
        )
    return StoreError(f"cannot use {url.place}: {reason(exc)}; check DATABASE_URL")
