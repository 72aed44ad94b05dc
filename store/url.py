"""Read `DATABASE_URL` as users write it, and print it without its password."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, quote, unquote

from plexus.store.errors import StoreError

FORMS: Final = (
    "sqlite:///abs/path/plexus.db, sqlite://./relative/plexus.db, sqlite://:memory: "
    "or postgresql://user:password@host:5432/name"
)

# libpq's connection options that asyncpg reads itself (PostgreSQL manual, "Connection Strings").
_DRIVER_OPTIONS: Final = frozenset(
    {
        "host",
        "krbsrvname",
        "passfile",
        "port",
        "service",
        "sslcert",
        "sslcrl",
        "sslkey",
        "sslmode",
        "sslnegotiation",
        "sslpassword",
        "sslrootcert",
        "ssl_max_protocol_version",
        "ssl_min_protocol_version",
        "target_session_attrs",
    }
)
# Settings of the session that it makes sense to choose for one application.
_SERVER_OPTIONS: Final = frozenset(
    {
        "application_name",
        "idle_in_transaction_session_timeout",
        "lock_timeout",
        "search_path",
        "statement_timeout",
    }
)
_OWN_OPTIONS: Final = frozenset({"connect_timeout"})
_KNOWN_OPTIONS: Final = _DRIVER_OPTIONS | _SERVER_OPTIONS | _OWN_OPTIONS
_SHOWN_OPTIONS: Final = sorted(_KNOWN_OPTIONS)
_SECRET_OPTIONS: Final = frozenset({"password", "sslpassword"})
_SSL_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")

_SCHEME: Final = re.compile(r"([a-z0-9]+)(?:\+([a-z0-9]+))?://(.*)", re.IGNORECASE | re.DOTALL)
_DRIVERS: Final[Mapping[str, str]] = {
    "sqlite": "aiosqlite",
    "postgres": "asyncpg",
    "postgresql": "asyncpg",
}
_NAME: Final = re.compile(r"[a-z_]{1,40}")
_OPTION: Final = re.compile(r"\?[a-z_]+=", re.IGNORECASE)
_WINDOWS_DRIVE: Final = re.compile(r"/[a-z]:[/\\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqliteUrl:
    """A SQLite database; `path` is `None` for one in memory, which is gone after a restart."""

    path: Path | None

    @property
    def place(self) -> str:
        """Name the database for messages."""
        return "SQLite in memory" if self.path is None else f"SQLite file {self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresUrl:
    """A PostgreSQL database; `hosts` as written: `db`, `db:5432`, `a:1,b:2`, `[::1]` or empty."""

    hosts: str
    database: str | None
    user: str | None
    password: str | None = field(repr=False)
    driver_options: Mapping[str, str] = field(repr=False)
    server_options: Mapping[str, str]
    connect_timeout: float | None = None  # seconds

    @property
    def place(self) -> str:
        """Name the database for messages, without user and password."""
        hosts = self.hosts or self.driver_options.get("host") or "localhost"
        return f"PostgreSQL at {hosts}/{self.database or ''}"

    def dsn(self) -> str:
        """Return hosts, database and driver options as a URL without user and password."""
        path = "" if self.database is None else "/" + quote(self.database, safe="")
        options = "&".join(f"{k}={quote(v, safe='')}" for k, v in self.driver_options.items())
        return f"postgresql://{self.hosts}{path}?{options}"


type DatabaseUrl = SqliteUrl | PostgresUrl


def parse_url(text: str) -> DatabaseUrl:
    """Parse `DATABASE_URL`; raise `StoreError` naming what is wrong (docs/storage.md#url)."""
    text = text.strip()
    if text == ":memory:":
        return SqliteUrl(path=None)
    found = _SCHEME.fullmatch(text)
    if found is None:
        raise StoreError(f"DATABASE_URL must be one of {FORMS}; it has no scheme such as sqlite://")
    scheme, driver, rest = found[1].lower(), found[2], found[3]
    expected = _DRIVERS.get(scheme)
    if expected is None:
        raise StoreError(f"DATABASE_URL has an unsupported scheme {scheme!r}; write {FORMS}")
    if driver is not None and driver.lower() != expected:
        raise StoreError(f"DATABASE_URL: write {scheme}:// instead of {scheme}+{driver}://")
    return _sqlite(rest) if scheme == "sqlite" else _postgres(rest)


def redact(text: str) -> str:
    """Return a database URL fit for logs: user, password and secret options are masked."""
    head, scheme_end, rest = text.partition("://")
    if not scheme_end:
        return "***" if "@" in text else text
    if head.lower().startswith("sqlite"):
        return text
    authority, host, query = _split(rest)
    masked = "" if authority is None else "***@"
    options = "&".join(_mask(option) for option in query.split("&")) if query else ""
    return f"{head}://{masked}{host}{'?' if query else ''}{options}"


def _mask(option: str) -> str:
    key, equals, _ = option.partition("=")
    return f"{key}=***" if equals and unquote(key).lower() in _SECRET_OPTIONS else option


def _sqlite(rest: str) -> SqliteUrl:
    if rest in {"", ":memory:", "/:memory:"}:
        return SqliteUrl(path=None)
    if "?" in rest:
        raise StoreError("DATABASE_URL: SQLite takes no options; remove everything from the '?' on")
    # Three slashes mean an absolute path, as in the container's sqlite:///app/data/plexus.db;
    # SQLAlchemy's four mean the same.
    path = "/" + rest.lstrip("/") if rest.startswith("/") else rest
    if _WINDOWS_DRIVE.match(path):
        path = path[1:]
    if path.endswith("/"):
        raise StoreError(f"DATABASE_URL names the folder {path}; add a file name: {path}plexus.db")
    return SqliteUrl(path=Path(path).expanduser())


def _postgres(rest: str) -> PostgresUrl:
    authority, host, query = _split(rest)
    hosts, _, database = host.partition("/")
    user, _, password = (authority or "").partition(":")
    options = dict(parse_qsl(query, keep_blank_values=True))
    named = {"user": user, "password": password, "dbname": database}
    for key, value in named.items():
        # libpq also takes these three as options; the place before the '?' wins there too.
        named[key] = unquote(value) or options.pop(key, "")
        options.pop(key, None)
    timeout = options.pop("connect_timeout", None)
    _check_options(options)
    return PostgresUrl(
        hosts=hosts,
        database=named["dbname"] or None,
        user=named["user"] or None,
        password=named["password"] or None,
        # Encryption only where the URL asks for it: controlplane.md §6.1.
        driver_options={"sslmode": "disable"}
        | {key: value for key, value in options.items() if key in _DRIVER_OPTIONS},
        server_options={key: value for key, value in options.items() if key in _SERVER_OPTIONS},
        connect_timeout=None if timeout is None else _seconds(timeout),
    )


def _split(rest: str) -> tuple[str | None, str, str]:
    # A password may hold raw '@', '/', '#' or '?': what counts is the last '@' that does not stand
    # behind a '?' with an option, such as "?application_name=".
    at = rest.rfind("@")
    option = _OPTION.search(rest[: max(at, 0)])
    if option is not None and "@" in rest[: option.start()]:
        at = rest.rfind("@", 0, option.start())
    authority = rest[:at] if at >= 0 else None
    host, _, query = rest[at + 1 :].partition("?")
    return authority, host, query


def _check_options(options: Mapping[str, str]) -> None:
    for name in sorted(options.keys() - _KNOWN_OPTIONS):
        # Should a password have been mistaken for an option after all, it is not repeated here.
        is_plain = _NAME.fullmatch(name) and "@" not in options[name]
        shown = repr(name) if is_plain else "that has no proper name"
        raise StoreError(
            f"DATABASE_URL has an unsupported option {shown}; remove it, and write special "
            f"characters of the password as %40 and so on. Known: {', '.join(_SHOWN_OPTIONS)}"
        )
    mode = options.get("sslmode")
    if mode is not None and mode not in _SSL_MODES:
        raise StoreError(f"DATABASE_URL: sslmode={mode!r} is not one of {', '.join(_SSL_MODES)}")


def _seconds(text: str) -> float:
    if not text.isdecimal() or int(text) == 0:
        raise StoreError(f"DATABASE_URL: connect_timeout={text!r} must be whole seconds above 0")
    return float(text)
