"""Which forms of DATABASE_URL mean what, and that none of them shows its password."""

from __future__ import annotations

from pathlib import Path

import pytest

from plexus.store.errors import StoreError
from plexus.store.url import PostgresUrl, SqliteUrl, parse_url, redact


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("sqlite:///app/data/plexus.db", "/app/data/plexus.db"),
        ("sqlite:////app/data/plexus.db", "/app/data/plexus.db"),
        ("sqlite://./data/plexus.db", "data/plexus.db"),
        ("sqlite://data/plexus.db", "data/plexus.db"),
        ("sqlite://plexus.db", "plexus.db"),
        ("SQLite:///a.db\n", "/a.db"),
        ("sqlite+aiosqlite:///a.db", "/a.db"),
        ("sqlite:///C:/data/plexus.db", "C:/data/plexus.db"),
        ("sqlite:///data/50%20.db", "/data/50%20.db"),
    ],
)
def test_sqlite_urls_name_a_file(text: str, path: str) -> None:
    assert parse_url(text) == SqliteUrl(path=Path(path))


def test_a_sqlite_path_may_start_at_the_home_folder() -> None:
    assert parse_url("sqlite://~/plexus.db") == SqliteUrl(path=Path.home() / "plexus.db")


@pytest.mark.parametrize(
    "text", ["sqlite://:memory:", ":memory:", "sqlite://", "sqlite:///:memory:"]
)
def test_sqlite_in_memory_has_no_file(text: str) -> None:
    assert parse_url(text) == SqliteUrl(path=None)


def test_a_postgres_url_is_taken_apart() -> None:
    url = parse_url(
        "postgres://me:s%40cret@db.example:6543/my%20db?sslmode=require&sslrootcert=/ca.pem"
        "&search_path=plexus&connect_timeout=3"
    )
    assert url == PostgresUrl(
        hosts="db.example:6543",
        database="my db",
        user="me",
        password="s@cret",
        driver_options={"sslmode": "require", "sslrootcert": "/ca.pem"},
        server_options={"search_path": "plexus"},
        connect_timeout=3.0,
    )
    assert url.dsn() == (
        "postgresql://db.example:6543/my%20db?sslmode=require&sslrootcert=%2Fca.pem"
    )


def test_postgres_is_not_encrypted_unless_the_url_says_so() -> None:
    url = parse_url("postgresql+asyncpg://db")
    assert url == PostgresUrl(
        hosts="db",
        database=None,
        user=None,
        password=None,
        driver_options={"sslmode": "disable"},
        server_options={},
    )


def test_a_postgres_url_may_name_a_socket_folder_and_login_as_options() -> None:
    url = parse_url("postgresql:///plexus?host=/run/postgresql&user=me&password=secret")
    assert url == PostgresUrl(
        hosts="",
        database="plexus",
        user="me",
        password="secret",
        driver_options={"sslmode": "disable", "host": "/run/postgresql"},
        server_options={},
    )
    assert url.place == "PostgreSQL at /run/postgresql/plexus"


@pytest.mark.parametrize(
    "password", ["p@ss", "p/ss", "p#ss", "p?ss", "p:ss", "p@s?s", "a@b/c", "p?s=s"]
)
def test_a_password_with_raw_special_characters_is_read_and_never_shown(password: str) -> None:
    text = f"postgresql://me:{password}@db:5432/plexus"
    url = parse_url(text)
    assert isinstance(url, PostgresUrl)
    assert (url.user, url.password, url.hosts, url.database) == (
        "me",
        password,
        "db:5432",
        "plexus",
    )
    assert redact(text) == "postgresql://***@db:5432/plexus"
    for shown in (repr(url), url.dsn(), url.place):
        assert password not in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("sqlite:///app/data/plexus.db", "sqlite:///app/data/plexus.db"),
        ("postgres://db/plexus?sslmode=require", "postgres://db/plexus?sslmode=require"),
        ("postgres://me@db/plexus", "postgres://***@db/plexus"),
        (
            "postgres://db/x?password=abc&sslpassword=abc&sslmode=allow",
            "postgres://db/x?password=***&sslpassword=***&sslmode=allow",
        ),
        ("mysql://me:abc@db/x", "mysql://***@db/x"),
        ("me:abc@db/x", "***"),
        ("plexus.db", "plexus.db"),
    ],
)
def test_redaction_leaves_nothing_secret(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no scheme"),
        ("./data/plexus.db", "no scheme"),
        ("mysql://me:abc@db/x", "unsupported scheme 'mysql'"),
        ("postgresql+psycopg://me:abc@db/x", "write postgresql:// instead of postgresql+psycopg"),
        ("sqlite:///data/plexus.db?mode=ro", "SQLite takes no options"),
        ("sqlite:///data/", "names the folder /data/; add a file name: /data/plexus.db"),
        ("postgres://me:abc@db/x?sslmod=require", "unsupported option 'sslmod'"),
        ("postgres://me:abc@db/x?channel_binding=require", "unsupported option 'channel_binding'"),
        ("postgres://me:1@2?abc=3@db/x", "option that has no proper name"),
        ("postgres://me:abc@db/x?sslmode=on", "sslmode='on' is not one of disable, allow"),
        ("postgres://me:abc@db/x?connect_timeout=soon", "connect_timeout='soon' must be whole"),
    ],
)
def test_a_wrong_url_is_refused_with_the_remedy_and_without_the_password(
    text: str, complaint: str
) -> None:
    with pytest.raises(StoreError) as caught:
        parse_url(text)
    assert complaint in caught.value.message
    assert "abc" not in caught.value.message
    assert not caught.value.temporary


def test_an_at_sign_in_an_option_does_not_move_the_host() -> None:
    url = parse_url("postgres://me:abc@db/x?application_name=a@b")
    assert isinstance(url, PostgresUrl)
    assert (url.hosts, url.password) == ("db", "abc")
    assert url.server_options == {"application_name": "a@b"}
