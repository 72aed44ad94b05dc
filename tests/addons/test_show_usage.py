"""`plexus usage`: the latest calls and sums over calls, readable and harmless."""

import csv
import io
from pathlib import Path

import pytest

from plexus.addons.cli import _parser
from plexus.addons.show_usage import csv_text, show_usage, table
from plexus.transforms.wire import parse_object
from tests.addons.ledgers import NOON, ledger, row


def shown(env: dict[str, str], *arguments: str) -> int:
    return show_usage(_parser().parse_args(["usage", *arguments]), env)


def test_the_newest_calls_come_first_and_no_more_than_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    env = ledger(tmp_path, row(1), row(2), row(3, cost_source="catalogue"))
    assert shown(env, "--limit", "2") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["time", "status", "key"]
    assert [line.split()[4] for line in lines[1:]] == ["m3", "m2"]
    assert lines[1].split()[2:] == [
        "success", "app", "m3", "acme", "10", "5", "?", "0.000020", "catalogue", "12", "51",
    ]  # fmt: skip


def test_what_is_unknown_is_no_zero(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    env = ledger(tmp_path, row(tokens_input=None, tokens_output=0, cost_total=None, ttft_ms=None))
    shown(env)
    assert capsys.readouterr().out.splitlines()[1].split()[6:] == [
        "?",
        "0",
        "?",
        "?",
        "-",
        "-",
        "51",
    ]


def test_json_lines_hold_every_column(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    env = ledger(tmp_path, row(1, incoming_model_alias="é\n"), row(2))
    assert shown(env, "--json") == 0
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
    lines = table([["x" * 20] + ["y"] * 11]).splitlines()
    assert lines[1].startswith("x" * 20 + "  y")
    assert lines[0].index("status") == lines[1].index("y")


def test_calls_can_be_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    env = ledger(
        tmp_path,
        row(1),
        row(2, provider="other"),
        row(3, api_key="guest"),
        row(4, response_status="error"),
        row(5, start_time=NOON - 86_400_000),
        row(6, selected_model_name="slow"),
    )
    chosen = ["--provider", "acme", "--key", "app", "--status", "success", "--model", "fast"]
    shown(env, "--since", "2026-01-15", "--until", "2026-01-16", *chosen)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[4] for line in lines[1:]] == ["m1"]


def test_sums_are_by_day_and_whatever_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    env = ledger(
        tmp_path,
        row(1),
        row(2, cost_total=None),
        row(3, start_time=NOON - 86_400_000, tokens_estimated=True),
    )
    assert shown(env, "--by", "day,key") == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "day key calls failed in cached written out thought cost $ unpriced estimated",
        "2026-01-14 app 1 0 10 0 0 5 0 0.000020 0 1",
        "2026-01-15 app 2 0 20 0 0 10 0 >= 0.000020 1 0",
        "all - 3 0 30 0 0 15 0 >= 0.000040 1 1",
    ]


def test_sums_are_json_and_csv_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    env = ledger(tmp_path, row(1), row(2, api_key=None))
    shown(env, "--by", "key", "--json")
    nobody, app = map(parse_object, capsys.readouterr().out.splitlines())
    assert (nobody["api_key"], app["api_key"], app["requests"]) == (None, "app", 1)
    shown(env, "--by", "day", "--csv")
    (line,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (line["day"], line["requests"], line["tokens_input"]) == ("2026-01-15", "2", "20")


def test_calls_are_csv_with_every_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown(ledger(tmp_path, row(1)), "--csv")
    (line,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (line["request_id"], line["tokens_cached"], line["cost_total"]) == ("r1", "", "2e-05")


def test_no_calls_sum_up_to_no_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(ledger(tmp_path), "--by", "day") == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("day")


def test_a_spreadsheet_gets_no_formula_from_a_client() -> None:
    assert csv_text(["a"], [["=1+1"], ["@x"], [-1], ["fine"]]) == "a\n'=1+1\n'@x\n-1\nfine\n"
