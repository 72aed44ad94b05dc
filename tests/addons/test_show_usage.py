"""`plexus usage`: the latest calls, readable and harmless."""

import argparse
import asyncio
from pathlib import Path

import pytest

from plexus.addons.show_usage import show_usage, table
from plexus.store.records import UsageRecord
from plexus.store.store import Store
from plexus.transforms.wire import parse_object


def ledger(tmp_path: Path, *rows: UsageRecord) -> dict[str, str]:
    """Write a ledger; returns the environment in which it is found."""

    async def write() -> None:
        store = await Store.open(f"sqlite://{tmp_path}/plexus.db")
        for row in rows:
            store.writer.put(row)
        await store.close()

    asyncio.run(write())
    return {"DATA_DIR": str(tmp_path)}


def row(number: int = 1, **other: object) -> UsageRecord:
    known = {
        "request_id": f"r{number}",
        "start_time": 1_700_000_000_000 + number,
        "response_status": "success",
        "api_key": "app",
        "incoming_model_alias": f"m{number}",
        "provider": "acme",
        "tokens_input": 10,
        "tokens_output": 5,
        "cost_total": 0.00002,
        "ttft_ms": 12.4,
        "duration_ms": 50.6,
    }
    return UsageRecord(**{**known, **other})  # type: ignore[arg-type]  # of these types


def shown(env: dict[str, str], *, limit: int = 20, json: bool = False) -> int:
    return show_usage(argparse.Namespace(limit=limit, json=json), env)


def test_the_newest_calls_come_first_and_no_more_than_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    env = ledger(tmp_path, row(1), row(2), row(3))
    assert shown(env, limit=2) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["time", "status", "key"]
    assert [line.split()[4] for line in lines[1:]] == ["m3", "m2"]
    assert lines[1].split()[2:] == [
        "success", "app", "m3", "acme", "10", "5", "?", "0.000020", "12", "51",
    ]  # fmt: skip


def test_what_is_unknown_is_no_zero(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    env = ledger(tmp_path, row(tokens_input=None, tokens_output=0, cost_total=None, ttft_ms=None))
    shown(env)
    assert capsys.readouterr().out.splitlines()[1].split()[6:] == ["?", "0", "?", "?", "-", "51"]


def test_json_lines_hold_every_column(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    env = ledger(tmp_path, row(1, incoming_model_alias="é\n"), row(2))
    assert shown(env, json=True) == 0
    newest, older = map(parse_object, capsys.readouterr().out.splitlines())
    assert (newest["request_id"], older["request_id"]) == ("r2", "r1")
    assert older["incoming_model_alias"] == "é\n" and older["tokens_cached"] is None


def test_an_empty_ledger_shows_its_headings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shown(ledger(tmp_path)) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("time")


@pytest.mark.parametrize("model", ["a\nb", "a\x1b[31mred\x1b[0m", "a\x9b2Jb", "a\u202eb", "a\rb"])
def test_a_model_name_cannot_play_tricks_on_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], model: str
) -> None:
    shown(ledger(tmp_path, row(incoming_model_alias=model)))
    out = capsys.readouterr().out
    assert len(out.split("\n")) == 3  # two lines and what follows the last
    assert all(line.isprintable() for line in out.split("\n"))


def test_a_database_that_cannot_be_opened_is_a_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert shown({"DATABASE_URL": "sqlite:///proc/nowhere/plexus.db"}) == 1
    err = capsys.readouterr().err
    assert err.startswith("plexus: ") and "Traceback" not in err


def test_a_variable_that_is_wrong_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown({"PORT": "many"}) == 1
    assert "PORT" in capsys.readouterr().err


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    lines = table([["x" * 20] + ["y"] * 10]).splitlines()
    assert lines[1].startswith("x" * 20 + "  y")
    assert lines[0].index("status") == lines[1].index("y")
