"""`plexus reprice`: history with today's prices, measured facts untouched."""

from dataclasses import fields
from pathlib import Path

import pytest

from plexus.addons.cli import _parser
from plexus.addons.reprice import reprice
from plexus.store.records import UsageRecord
from plexus.store.usage_rows import COSTS
from plexus.transforms.wire import parse_object
from tests.addons.ledgers import NOON, ledger, row, stored

DAY_MS = 86_400_000
CONFIG = """
providers:
  acme:
    api_base_url: https://llm.example/v1
    api_key: k
    models:
      fast:
        pricing:
          - {source: simple, input: 1, output: 2, cached: 0.5}
          - {from: 2026-01-15, source: simple, input: 10, output: 20}
      flat: {pricing: {source: per_request, amount: 0.25}}
      vague: {}
"""


def repriced(tmp_path: Path, env: dict[str, str], *arguments: str) -> int:
    (tmp_path / "plexus.yaml").write_text(CONFIG)
    given = ["reprice", "--config", str(tmp_path / "plexus.yaml"), *arguments]
    if "--since" not in arguments:
        given += ["--since", "2026-01-01"]
    return reprice(_parser().parse_args(given), env)


def call(name: str, **other: object) -> UsageRecord:
    known = {
        "tokens_input": 1_000_000,
        "tokens_output": 100_000,
        "tokens_cached": 0,
        "cost_total": 7.0,
        "cost_source": "simple",
    }
    return row(name, **{**known, **other})


def test_the_price_of_the_time_counts_and_the_former_cost_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    env = ledger(tmp_path, call("old", start_time=NOON - DAY_MS), call("new", cost_total=None))
    assert repriced(tmp_path, env) == 0
    rows = stored(tmp_path)
    assert {name: one.cost_total for name, one in rows.items()} == {"rold": 1.2, "rnew": 12.0}
    metadata = parse_object(rows["rold"].cost_metadata or "")
    (former,) = metadata["former"]  # type: ignore[misc]  # a list
    assert former["total"] == 7.0 and former["source"] == "simple"  # type: ignore[index,call-overload]  # an object
    assert metadata["input"] == 1.0
    out = capsys.readouterr().out
    line = next(line for line in out.splitlines() if line.startswith("acme/fast"))
    assert line.split() == ["acme/fast", "2", "1", "7.000000", "13.200000"]
    assert "2 calls looked at, 2 changed" in out


def test_nothing_that_was_measured_changes(tmp_path: Path) -> None:
    env = ledger(tmp_path, call("a", retry_history="[1]", tokens_estimated=True))
    before = stored(tmp_path)["ra"]
    repriced(tmp_path, env)
    after = stored(tmp_path)["ra"]
    kept = [field.name for field in fields(UsageRecord) if field.name not in COSTS]
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]


def test_a_dry_run_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    env = ledger(tmp_path, call("a"))
    repriced(tmp_path, env, "--dry-run")
    assert stored(tmp_path)["ra"].cost_total == 7.0
    assert "1 calls looked at, 1 would change" in capsys.readouterr().out


def test_what_the_provider_reported_is_left_unless_all_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    env = ledger(tmp_path, call("a", cost_source="provider_reported", provider_reported_cost=7.0))
    repriced(tmp_path, env)
    assert stored(tmp_path)["ra"].cost_total == 7.0
    assert "1 left: the provider reported" in capsys.readouterr().out
    repriced(tmp_path, env, "--all")
    after = stored(tmp_path)["ra"]
    assert (after.cost_total, after.cost_source) == (12.0, "simple")
    assert after.provider_reported_cost == 7.0


def test_a_second_time_changes_nothing_more(tmp_path: Path) -> None:
    env = ledger(tmp_path, call("a"))
    repriced(tmp_path, env)
    once = stored(tmp_path)["ra"]
    repriced(tmp_path, env)
    assert stored(tmp_path)["ra"] == once


def test_where_there_is_no_price_today_the_former_one_stands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    env = ledger(tmp_path, call("a", provider="gone"), call("b", selected_model_name="vague"))
    repriced(tmp_path, env)
    assert {one.cost_total for one in stored(tmp_path).values()} == {7.0}
    assert "2 left: the configuration has no price" in capsys.readouterr().out


def test_calls_without_anything_to_rate_are_left(tmp_path: Path) -> None:
    nothing = {"tokens_input": None, "tokens_output": None, "tokens_cached": None}
    env = ledger(
        tmp_path,
        call("failed", response_status="error", cost_total=None, **nothing),
        call("count", tokens_input=0, tokens_output=0, cost_total=0.0, cost_source=None),
        call("flat", selected_model_name="flat", cost_total=None, **nothing),
        call("flat failed", selected_model_name="flat", response_status="error",
             cost_total=None, **nothing),
    )  # fmt: skip
    repriced(tmp_path, env)
    costs = {name: one.cost_total for name, one in stored(tmp_path).items()}
    assert costs == {
        "rfailed": None, "rcount": 0.0, "rflat": 0.25, "rflat failed": None,
    }  # fmt: skip


def test_only_the_calls_that_are_meant_are_rated(tmp_path: Path) -> None:
    env = ledger(tmp_path, call("a"), call("b", start_time=NOON + DAY_MS))
    repriced(tmp_path, env, "--since", "2026-01-16", "--provider", "acme", "--model", "fast")
    costs = {name: one.cost_total for name, one in stored(tmp_path).items()}
    assert costs == {"ra": 7.0, "rb": 12.0}


def test_a_configuration_that_is_wrong_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["reprice", "--since", "1d", "--config", str(tmp_path / "none.yaml")]
    assert reprice(_parser().parse_args(arguments), {"DATA_DIR": str(tmp_path)}) == 1
    assert capsys.readouterr().err.startswith("plexus: ")
