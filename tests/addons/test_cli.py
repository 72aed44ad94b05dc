"""The command line."""

import json
from pathlib import Path

import pytest

from plexus.addons.cli import main, plexus_version


def test_version_and_help_end_without_serving(capsys: pytest.CaptureFixture[str]) -> None:
    for argument, words in (("--version", plexus_version()), ("--help", "COMMAND")):
        with pytest.raises(SystemExit) as left:
            main([argument])
        assert left.value.code == 0
        assert words in capsys.readouterr().out


def test_run_wants_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["run"])
    assert left.value.code == 2
    assert "plexus run -- COMMAND" in capsys.readouterr().err


def test_check_tells_every_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "plexus.yaml"
    path.write_text("providers: {x: {api_base_url: nonsense}}\nmodels: {m: {selector: cheapest}}\n")
    assert main(["check", "--config", str(path)]) == 1
    told = capsys.readouterr().err
    assert "providers.x.api_base_url" in told and "models.m.selector" in told


def test_check_is_content_with_a_good_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "plexus.yaml"
    path.write_text("providers: {x: {api_base_url: 'http://localhost:1/v1', api_key: k}}\n")
    assert main(["check", "--config", str(path)]) == 0
    assert "fine. 1 providers" in capsys.readouterr().out


def test_usage_of_an_empty_ledger_is_an_empty_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert main(["usage"]) == 0
    assert capsys.readouterr().out.split()[:2] == ["time", "status"]
    assert main(["usage", "--json"]) == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == []


def test_cooldowns_are_listed_unless_they_are_to_be_cleared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert main(["cooldowns"]) == 0
    assert main(["cooldowns", "clear", "--provider", "acme", "--model", "fast"]) == 0
    assert capsys.readouterr().out == "nothing rests\n0 cleared\n"


def test_a_bad_environment_is_a_sentence_and_not_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", "not a port")
    assert main(["serve"]) == 1
    assert "PORT" in capsys.readouterr().err


def test_explain_tells_where_a_call_would_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    path = tmp_path / "plexus.yaml"
    path.write_text("providers: {x: {api_base_url: 'http://localhost:1/v1', api_key: k}}\n")
    given = ["explain", "direct/x/big", "--config", str(path), "--api", "messages", "--json"]
    assert main(given) == 0
    planned = json.loads(capsys.readouterr().out)["planned"]
    assert planned == [{"target": "x/big", "reason": "named directly"}]
