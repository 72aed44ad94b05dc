"""Each target is started in front of the provider."""

from __future__ import annotations

from pathlib import Path

from tests.bench.targets import TARGETS, Place, ca, ledger, start_gateway


def test_every_target_gets_its_port_and_the_providers(tmp_path: Path) -> None:
    for start in TARGETS.values():
        found = start(Place(port=4001, upstream=9001, folder=tmp_path))
        said = " ".join(found.command) + "".join(f.read_text() for f in tmp_path.glob("*.yaml"))
        assert ("4001" in said, "9001" in said) == (True, True)


def test_a_gateway_keeps_its_files_in_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    found = start_gateway(Place(port=1, upstream=2, folder=folder, setup="traced"))
    assert found.env["DATABASE_URL"] == f"sqlite:///{ledger(folder)}"
    assert found.env["DATA_DIR"] == str(ca(folder).parent.parent)
    assert found.env["DEBUG"] == "true"
    assert str(folder / "plexus.yaml") in found.command
