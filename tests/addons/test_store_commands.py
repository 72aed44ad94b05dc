"""The sub-commands about what is stored are there and reach their files."""

import io
from pathlib import Path

import pytest

from plexus.addons.cli import main
from plexus.certs.sealer import Sealer

WORDS = {
    ("db",): "there is no database yet",
    ("trace", "some-id"): "nothing was captured of some-id",
    ("rekey",): "NEW_ENCRYPTION_KEY is not set",
}


@pytest.mark.parametrize("command", WORDS, ids=" ".join)
def test_each_command_answers(
    command: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    assert main(command) == 1
    assert WORDS[command] in capsys.readouterr().err


def test_a_value_is_encrypted_from_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ENCRYPTION_KEY", "k")
    monkeypatch.setattr("sys.stdin", io.StringIO("sk-secret\n"))
    assert main(["encrypt"]) == 0
    assert Sealer.of("k").open(capsys.readouterr().out.strip()) == "sk-secret"
