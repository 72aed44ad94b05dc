"""`plexus encrypt` and `plexus rekey`."""

import asyncio
import io
from pathlib import Path

import pytest

from plexus.addons.sealing_cli import encrypt, rekey
from plexus.certs.sealer import Sealer
from plexus.store.records import TraceRecord
from plexus.store.store import Store

OLD, NEW = "old password", "ab" * 32
TRACE = TraceRecord(request_id="r", created_at=1, content=b"{}")


async def written(tmp_path: Path, key: str) -> None:
    store = await Store.open(f"sqlite://{tmp_path}/plexus.db", sealer=Sealer.of(key))
    await store.traces.add([TRACE])
    await store.close()


async def read(tmp_path: Path, key: str) -> TraceRecord | None:
    store = await Store.open(f"sqlite://{tmp_path}/plexus.db", sealer=Sealer.of(key))
    try:
        return await store.traces.get("r")
    finally:
        await store.close()


def env_of(tmp_path: Path, **other: str) -> dict[str, str]:
    return {"DATA_DIR": str(tmp_path), **other}


@pytest.mark.parametrize(
    ("given", "meant"), [("sk-secret\n", "sk-secret"), ("ü\r\n", "ü"), (" a b ", " a b ")]
)
def test_a_value_is_sealed_without_its_last_newline(
    given: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert encrypt({"ENCRYPTION_KEY": OLD}, io.StringIO(given)) == 0
    assert Sealer.of(OLD).open(capsys.readouterr().out.strip()) == meant


@pytest.mark.parametrize(
    ("env", "given", "told"),
    [
        ({}, "x", "ENCRYPTION_KEY is not set"),
        ({"ENCRYPTION_KEY": " "}, "x", "ENCRYPTION_KEY is not set"),
        ({"ENCRYPTION_KEY": OLD}, "\n", "nothing to encrypt"),
        ({"ENCRYPTION_KEY": OLD}, "enc:v1:00", "encrypted already"),
        ({"ENCRYPTION_KEY": OLD, "PORT": "x"}, "x", "PORT"),
    ],
)
def test_what_cannot_be_sealed_is_said(
    env: dict[str, str], given: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert encrypt(env, io.StringIO(given)) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err


def test_a_rekey_makes_the_new_key_the_one_that_fits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(written(tmp_path, OLD))
    assert rekey(env_of(tmp_path, ENCRYPTION_KEY=OLD, NEW_ENCRYPTION_KEY=NEW)) == 0
    assert capsys.readouterr().out.startswith("1 values encrypted anew")
    assert asyncio.run(read(tmp_path, NEW)) == TRACE


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"ENCRYPTION_KEY": OLD}, "plexus: NEW_ENCRYPTION_KEY is not set"),
        ({"NEW_ENCRYPTION_KEY": NEW}, "plexus: ENCRYPTION_KEY is not set"),
        ({"ENCRYPTION_KEY": OLD, "NEW_ENCRYPTION_KEY": OLD}, "are the same"),
        ({"ENCRYPTION_KEY": "wrong", "NEW_ENCRYPTION_KEY": NEW}, "another ENCRYPTION_KEY"),
    ],
)
def test_a_rekey_that_cannot_be_changes_nothing(
    tmp_path: Path, keys: dict[str, str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(written(tmp_path, OLD))
    assert rekey(env_of(tmp_path, **keys)) == 1
    assert told in capsys.readouterr().err
    assert asyncio.run(read(tmp_path, OLD)) == TRACE


def test_a_rekey_without_a_database_makes_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rekey(env_of(tmp_path, ENCRYPTION_KEY=OLD, NEW_ENCRYPTION_KEY=NEW)) == 1
    assert "there is no database yet" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
