"""`plexus db`."""

import argparse
import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from plexus.addons.db_cli import db, size_text
from plexus.store.migrate import HEAD
from plexus.store.records import TraceRecord
from plexus.store.store import Store
from plexus.transforms.wire import objects_at, parse_object


async def write(tmp_path: Path) -> None:
    store = await Store.open(f"sqlite://{tmp_path}/plexus.db")
    trace = TraceRecord(request_id="r", created_at=1_700_000_000_000, content=b"{}")
    await store.traces.add([trace])
    await store.close()


def run(tmp_path: Path, action: str = "show", *, json: bool = False) -> int:
    arguments = argparse.Namespace(action=action, json=json)
    return db(arguments, {"DATA_DIR": str(tmp_path)})


def test_the_database_is_told_with_its_tables(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(write(tmp_path))
    assert run(tmp_path) == 0
    head, _, tables = capsys.readouterr().out.partition("\n\n")
    facts = {line[:16].strip(): line[17:] for line in head.splitlines()}
    assert facts["database"] == f"SQLite file {tmp_path}/plexus.db"
    assert (facts["migrations"], facts["encrypted"]) == (HEAD, "no")
    assert (facts["integrity"], facts["write-ahead log"]) == ("ok", "0 B")
    heading, *rows = tables.splitlines()
    assert heading.split() == ["table", "rows", "size", "oldest", "newest"]
    told = {row.split()[0]: row.split() for row in rows}
    assert told["debug_logs"][1] == "1"
    assert told["debug_logs"][-2] == told["debug_logs"][-4]
    assert told["debug_logs"][-4].startswith("2023-11-1")
    assert told["request_usage"][-1] == "-"


def test_the_same_is_there_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(write(tmp_path))
    assert run(tmp_path, json=True) == 0
    found = parse_object(capsys.readouterr().out)
    assert (found["revision"], found["integrity"]) == (HEAD, "ok")
    traces = [one for one in objects_at(found, "tables") if one["name"] == "debug_logs"]
    assert [(one["rows"], one["newest"]) for one in traces] == [(1, 1_700_000_000_000)]


def test_a_vacuum_tells_what_it_brought(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(write(tmp_path))
    assert run(tmp_path, "vacuum") == 0
    assert " before, " in capsys.readouterr().out


def test_tables_of_an_earlier_release_are_told_as_such(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(write(tmp_path))
    with closing(sqlite3.connect(tmp_path / "plexus.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
        connection.commit()
    assert run(tmp_path) == 0
    assert f"0001, wanted {HEAD}" in capsys.readouterr().out


def test_where_there_is_no_database_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path) == 1
    assert "there is no database yet" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("size", "text"),
    [(None, "?"), (0, "0 B"), (999, "999 B"), (1500, "1.5 KB"), (2_340_000_000, "2.3 GB")],
)
def test_sizes_are_written_as_people_do(size: int | None, text: str) -> None:
    assert size_text(size) == text
