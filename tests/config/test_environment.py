"""What the environment says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import override

import pytest

from plexus.config.environment import VARIABLES, Environment, read_environment
from plexus.config.problems import ConfigError


class Watched(Mapping[str, str]):
    """An environment that notes what is asked of it."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    @override
    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        raise KeyError(name)

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(())

    @override
    def __len__(self) -> int:
        return 0


def test_an_empty_environment_has_the_defaults() -> None:
    assert read_environment({}) == Environment()
    assert Environment().host == "127.0.0.1"
    assert Environment().port == 4000
    assert Environment().database_url is None


def test_every_variable_is_read() -> None:
    env = {
        "HOST": "0.0.0.0",
        "PORT": "8080",
        "CONFIG_FILE": "/etc/plexus.yaml",
        "DATABASE_URL": "postgresql://u:p@h/db",
        "DATA_DIR": "/data",
        "AUTH_JSON": "/auth.json",
        "ADMIN_KEY": "boss",
        "ENCRYPTION_KEY": "e",
        "NEW_ENCRYPTION_KEY": "n",
        "LOG_LEVEL": "WARN",
        "LOG_MODULES": "a, b,,",
        "DEBUG": "true",
        "PLEXUS_PROVIDER_PERFORMANCE_RETENTION_LIMIT": "7",
        "PLEXUS_METRICS_CACHE_TTL_MS": "0",
        "PLEXUS_DB_BACKUP_DIR": "b",
        "APP_VERSION": "1.2",
        "GOOGLE_CLOUD_PROJECT_ID": "id",
        "PI_AI_ANTIGRAVITY_VERSION": "2",
    }
    assert read_environment(env) == Environment(
        host="0.0.0.0",
        port=8080,
        config_file=Path("/etc/plexus.yaml"),
        database_url="postgresql://u:p@h/db",
        data_dir=Path("/data"),
        auth_json=Path("/auth.json"),
        admin_key="boss",
        encryption_key="e",
        new_encryption_key="n",
        log_level="warn",
        log_modules=("a", "b"),
        debug=True,
        performance_samples=7,
        metrics_cache_ms=0,
        backup_dir=Path("b"),
        app_version="1.2",
        google_cloud_project="id",
        antigravity_version="2",
    )


def test_the_list_of_variables_is_what_is_read() -> None:
    env = Watched()
    read_environment(env)
    assert env.asked == set(VARIABLES)


def test_every_variable_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs/configuration.md").read_text()
    assert [name for name in VARIABLES if f"`{name}`" not in text] == []


def test_debugging_raises_the_usual_log_level_only() -> None:
    assert read_environment({"DEBUG": "1"}).log_level == "debug"
    assert read_environment({"DEBUG": "on", "LOG_LEVEL": "silly"}).log_level == "silly"
    assert not read_environment({"DEBUG": "0"}).debug


def test_blank_variables_count_as_unset() -> None:
    assert read_environment(dict.fromkeys(VARIABLES, "  ")) == Environment()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "http"),
        ("PORT", "-1"),
        ("PORT", "٣"),
        ("LOG_LEVEL", "loud"),
        ("DEBUG", "maybe"),
        ("DATABASE_URL", "mysql://u:hush@h/d"),
        ("PLEXUS_METRICS_CACHE_TTL_MS", "1s"),
        ("PLEXUS_PROVIDER_PERFORMANCE_RETENTION_LIMIT", "0"),
    ],
)
def test_a_wrong_value_is_refused_and_not_repeated(name: str, value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_environment({name: value})
    (problem,) = caught.value.problems
    assert problem.path == name
    assert "hush" not in str(problem)


def test_all_wrong_values_are_reported_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        read_environment({"PORT": "x", "LOG_LEVEL": "infoo"})
    assert str(caught.value) == (
        "environment: 2 problems\n"
        '  LOG_LEVEL: is no log level; did you mean "info"?\n'
        "  PORT: must be a whole number from 1 to 65535"
    )


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///app/data/plexus.db",
        "sqlite://./data/x.db",
        "sqlite://:memory:",
        ":memory:",
        "postgres://u@h/d",
        "sqlite://",
    ],
)
def test_database_urls_of_every_form_are_accepted(url: str) -> None:
    assert read_environment({"DATABASE_URL": url}).database_url == url


def test_secrets_are_not_shown() -> None:
    env = {"ADMIN_KEY": "hush", "ENCRYPTION_KEY": "hush", "DATABASE_URL": "postgres://u:hush@h/d"}
    assert "hush" not in repr(read_environment(env | {"NEW_ENCRYPTION_KEY": "hush"}))
