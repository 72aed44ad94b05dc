"""What the environment says: where to listen, where data lies, how much to log (§1.10)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from plexus.config.problems import ConfigError, Problem, did_you_mean

type LogLevel = Literal["error", "warn", "info", "debug", "verbose", "silly"]

LOG_LEVELS: Final[tuple[LogLevel, ...]] = ("error", "warn", "info", "debug", "verbose", "silly")

# Every variable that is read here; docs/configuration.md lists them all.
VARIABLES: Final = (
    "HOST",
    "PORT",
    "CONFIG_FILE",
    "DATABASE_URL",
    "DATA_DIR",
    "AUTH_JSON",
    "ADMIN_KEY",
    "ENCRYPTION_KEY",
    "NEW_ENCRYPTION_KEY",
    "LOG_LEVEL",
    "LOG_MODULES",
    "DEBUG",
    "PLEXUS_PROVIDER_PERFORMANCE_RETENTION_LIMIT",
    "PLEXUS_METRICS_CACHE_TTL_MS",
    "PLEXUS_DB_BACKUP_DIR",
    "APP_VERSION",
    "GOOGLE_CLOUD_PROJECT",
    "GOOGLE_CLOUD_PROJECT_ID",
    "PI_AI_ANTIGRAVITY_VERSION",
)

_DATABASES: Final = re.compile(r"(sqlite|postgres|postgresql)://.*|:memory:", re.DOTALL)
_YES: Final = frozenset({"true", "1", "yes", "on"})
_NO: Final = frozenset({"false", "0", "no", "off"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The settings of a process; a blank variable counts as not set."""

    host: str = "127.0.0.1"
    port: int = 4000
    config_file: Path | None = None
    database_url: str | None = field(default=None, repr=False)  # may hold a password
    data_dir: Path = Path("data")
    auth_json: Path = Path("auth.json")
    admin_key: str | None = field(default=None, repr=False)
    encryption_key: str | None = field(default=None, repr=False)
    new_encryption_key: str | None = field(default=None, repr=False)
    log_level: LogLevel = "info"
    log_modules: tuple[str, ...] = ()
    debug: bool = False  # trace everything; the log level is "debug" then
    performance_samples: int = 100  # kept per provider and model
    metrics_cache_ms: int = 15_000
    backup_dir: Path = Path("backups")
    app_version: str = "dev"
    google_cloud_project: str | None = None
    antigravity_version: str = "1.18.4"


def read_environment(env: Mapping[str, str]) -> Environment:
    """Return what `env` says; raise `ConfigError` with everything that is wrong in it."""
    reader = _Reader(env)
    debug = reader.flag("DEBUG")
    level = reader.log_level("LOG_LEVEL")
    project = reader.text("GOOGLE_CLOUD_PROJECT")
    made = Environment(
        host=reader.text("HOST") or "127.0.0.1",
        port=reader.whole("PORT", 4000, most=65_535),
        config_file=reader.path("CONFIG_FILE"),
        database_url=reader.database("DATABASE_URL"),
        data_dir=reader.path("DATA_DIR") or Path("data"),
        auth_json=reader.path("AUTH_JSON") or Path("auth.json"),
        admin_key=reader.text("ADMIN_KEY"),
        encryption_key=reader.text("ENCRYPTION_KEY"),
        new_encryption_key=reader.text("NEW_ENCRYPTION_KEY"),
        log_level="debug" if debug and level == "info" else level,
        log_modules=reader.names("LOG_MODULES"),
        debug=debug,
        performance_samples=reader.whole("PLEXUS_PROVIDER_PERFORMANCE_RETENTION_LIMIT", 100),
        metrics_cache_ms=reader.whole("PLEXUS_METRICS_CACHE_TTL_MS", 15_000, least=0),
        backup_dir=reader.path("PLEXUS_DB_BACKUP_DIR") or Path("backups"),
        app_version=reader.text("APP_VERSION") or "dev",
        google_cloud_project=project or reader.text("GOOGLE_CLOUD_PROJECT_ID"),
        antigravity_version=reader.text("PI_AI_ANTIGRAVITY_VERSION") or "1.18.4",
    )
    if reader.problems:
        raise ConfigError(reader.problems, source="environment")
    return made


class _Reader:
    """Reads variables one by one; owns the list of problems."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self.problems: list[Problem] = []

    def text(self, name: str) -> str | None:
        value = self._env.get(name, "").strip()
        return value if value else None

    def path(self, name: str) -> Path | None:
        value = self.text(name)
        return None if value is None else Path(value)

    def names(self, name: str) -> tuple[str, ...]:
        value = self.text(name) or ""
        return tuple(part.strip() for part in value.split(",") if part.strip())

    def whole(self, name: str, default: int, *, least: int = 1, most: int = 2**31 - 1) -> int:
        value = self.text(name)
        if value is None:
            return default
        if not value.isascii() or not value.isdecimal() or not least <= int(value) <= most:
            self._complain(name, f"must be a whole number from {least} to {most}")
            return default
        return int(value)

    def flag(self, name: str) -> bool:
        value = (self.text(name) or "false").lower()
        if value not in _YES | _NO:
            self._complain(name, "must be true or false")
        return value in _YES

    def log_level(self, name: str) -> LogLevel:
        value = (self.text(name) or "info").lower()
        for level in LOG_LEVELS:
            if value == level:
                return level
        self._complain(name, "is no log level", did_you_mean(value, LOG_LEVELS))
        return "info"

    def database(self, name: str) -> str | None:
        value = self.text(name)
        if value is not None and not _DATABASES.fullmatch(value):
            remedy = "write sqlite://… or postgresql://…"
            self._complain(name, "is no database URL", remedy)
        return value

    def _complain(self, name: str, message: str, remedy: str = "") -> None:
        self.problems.append(Problem(at=(name,), message=message, remedy=remedy))
