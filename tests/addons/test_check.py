"""`plexus check` says everything that is wrong, without starting."""

import argparse
from pathlib import Path

import pytest

from plexus.addons.check import check

GOOD = """
adminKey: admin-secret
providers:
  acme: {api_base_url: "https://acme.test/v1", api_key: "${ACME_KEY}", models: [big]}
models:
  m: {targets: [{provider: acme, model: big}]}
keys:
  app: {secret: sk-plexus-app}
"""


def checked(path: Path | None, text: str | None = None, **env: str) -> int:
    if path is not None and text is not None:
        path.write_text(text)
    arguments = argparse.Namespace(config=None if path is None else str(path))
    return check(arguments, {"ACME_KEY": "sk-of-acme", **env})


def test_a_good_configuration_is_summed_up_without_its_secrets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "plexus.yaml"
    assert checked(path, GOOD) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0] == f"{path}: fine. 1 providers, 1 aliases, 1 keys."
    assert "sk-" not in out


def test_a_configuration_without_keys_is_fine_and_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = GOOD.partition("keys:")[0]
    assert checked(tmp_path / "plexus.yaml", text) == 0
    out = capsys.readouterr().out
    assert "no keys section" in out


def test_every_problem_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = GOOD.replace("targets: [{", "odd: [{").replace("secret: sk", "secert: sk")
    assert checked(tmp_path / "plexus.yaml", text) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("plexus: ")
    assert "models.m" in captured.err and "secert" in captured.err


def test_a_file_that_is_not_there_is_a_problem(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked(tmp_path / "nowhere.yaml") == 1
    assert "nowhere.yaml" in capsys.readouterr().err


def test_a_variable_that_is_wrong_is_a_problem(capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(None, PORT="many") == 1
    assert "PORT" in capsys.readouterr().err


def test_without_a_file_the_environment_is_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where there is no config/plexus.yaml
    assert checked(None, OPENAI_API_KEY="sk-openai-secret") == 0
    out = capsys.readouterr().out
    assert "fine" in out and "sk-openai-secret" not in out
