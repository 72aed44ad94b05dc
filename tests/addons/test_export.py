"""`plexus export`: every call, as CSV or Parquet."""

import csv
from pathlib import Path
from types import ModuleType

import pytest

from plexus.addons.cli import _parser
from plexus.addons.export import export
from tests.addons.ledgers import ledger, row


def exported(env: dict[str, str], *arguments: str, **other: object) -> int:
    return export(_parser().parse_args(["export", *arguments]), env, **other)  # type: ignore[arg-type]  # its own


def test_csv_has_one_heading_and_every_call_oldest_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    env = ledger(tmp_path, *(row(n) for n in range(2500)))
    file = tmp_path / "calls.csv"
    assert exported(env, "--output", str(file)) == 0
    assert "2500 calls" in capsys.readouterr().out
    with file.open() as text:
        lines = list(csv.DictReader(text))
    assert [line["request_id"] for line in lines] == [f"r{n}" for n in range(2500)]
    assert (lines[0]["tokens_input"], lines[0]["tokens_cached"]) == ("10", "")


def test_csv_goes_to_standard_output_and_can_be_filtered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    env = ledger(tmp_path, row(1), row(2, provider="other"))
    assert exported(env, "--provider", "other") == 0
    heading, line = capsys.readouterr().out.splitlines()
    assert heading.startswith("request_id,start_time") and line.startswith("r2,")


def test_an_empty_ledger_has_its_heading(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exported(ledger(tmp_path)) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_parquet_without_its_library_names_the_extra(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def absent(name: str) -> ModuleType:
        raise ModuleNotFoundError(name)

    file = str(tmp_path / "x.parquet")
    assert exported(ledger(tmp_path), "--format", "parquet", "--output", file, find=absent) == 1
    assert "plexus-gateway[parquet]" in capsys.readouterr().err


def test_parquet_is_not_written_to_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exported(ledger(tmp_path), "--format", "parquet") == 1
    assert "--output" in capsys.readouterr().err


def test_parquet_has_the_types_of_the_ledger(tmp_path: Path) -> None:
    parquet = pytest.importorskip(
        "pyarrow.parquet", reason="the extra `parquet` is not installed", exc_type=ImportError
    )
    file = tmp_path / "calls.parquet"
    env = ledger(tmp_path, *(row(n) for n in range(1500)))
    assert exported(env, "--format", "parquet", "--output", str(file)) == 0
    found = parquet.read_table(file)
    assert found.num_rows == 1500
    kinds = {name: str(found.schema.field(name).type) for name in found.schema.names}
    assert (kinds["start_time"], kinds["cost_total"], kinds["is_streamed"], kinds["api_key"]) == (
        "int64", "double", "bool", "string",
    )  # fmt: skip
    assert found.to_pylist()[7]["tokens_cached"] is None


def test_a_place_that_cannot_be_written_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exported(ledger(tmp_path), "--output", str(tmp_path / "no" / "such.csv")) == 1
    assert capsys.readouterr().err.startswith("plexus: ")
