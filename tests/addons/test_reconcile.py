"""`plexus reconcile`: an invoice against the ledger."""

import io
from pathlib import Path

import pytest

from plexus.addons.cli import _parser
from plexus.addons.reconcile import reconcile_invoice
from plexus.transforms.wire import parse_object
from tests.addons.ledgers import NOON, ledger, row

HEAD = "date,model,requests,input_tokens,input_cached_tokens,output_tokens,cost\n"


def reconciled(tmp_path: Path, env: dict[str, str], invoice: str, *arguments: str) -> int:
    file = tmp_path / "invoice.csv"
    file.write_text(HEAD + invoice)
    given = ["reconcile", "--provider", "openai", *arguments, str(file)]
    return reconcile_invoice(_parser().parse_args(given), env)


def calls(tmp_path: Path) -> dict[str, str]:
    common = {"provider": "openai", "cost_total": 0.5, "tokens_cached": 100}
    return ledger(
        tmp_path,
        row(1, selected_model_name="gpt-5", **common),
        row(2, selected_model_name="gpt-5-2025-08-07", **common),
        row(3, start_time=NOON + 86_400_000, selected_model_name="gpt-5", **common),
        row(4, selected_model_name="gpt-5", **{**common, "provider": "azure"}),
    )


def test_an_invoice_that_agrees_ends_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    invoice = "2026-01-15,gpt-5-2025-08-07,2,220,200,10,1.00\n"
    assert reconciled(tmp_path, calls(tmp_path), invoice) == 0
    assert capsys.readouterr().out == ("1 days and models, 0 differ; $1.00 billed, $1.00 booked\n")


def test_a_difference_is_shown_with_its_reason_and_the_status_is_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    invoice = "2026-01-15,gpt-5,2,220,200,10,1.50\n2026-01-16,gpt-5,1,110,100,5,0.50\n"
    assert reconciled(tmp_path, calls(tmp_path), invoice) == 1
    first, reason, last = capsys.readouterr().out.splitlines()
    assert first == "2026-01-15  gpt-5  cost 1.5 billed, 1 booked"
    assert "1.5000 times ours" in reason
    assert last == "2 days and models, 1 differ; $2.00 billed, $1.50 booked"


def test_everything_can_be_shown_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    invoice = "2026-01-15,gpt-5,2,220,200,10,1.00\n2026-01-15,o3,1,1,0,1,1.00\n"
    assert reconciled(tmp_path, calls(tmp_path), invoice, "--all", "--json") == 1
    one, other = map(parse_object, capsys.readouterr().out.splitlines())
    assert (one["model"], one["agrees"]) == ("gpt-5", True)
    assert (other["model"], other["agrees"]) == ("o3", False)


def test_an_invoice_comes_from_standard_input_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(HEAD + "2026-01-16,gpt-5,1,110,100,5,0.5\n"))
    given = _parser().parse_args(["reconcile", "--provider", "openai", "-"])
    assert reconcile_invoice(given, calls(tmp_path)) == 0


def test_a_file_that_is_no_invoice_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = _parser().parse_args(["reconcile", "--provider", "x", str(tmp_path / "none.csv")])
    assert reconcile_invoice(given, {"DATA_DIR": str(tmp_path)}) == 1
    assert capsys.readouterr().err.startswith("plexus: ")
