"""The command line says what is measured, and a short run of one call works from end to end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bench.__main__ import main, options
from tests.bench.catalogue import scenarios
from tests.bench.extras import EXTRAS


def test_a_full_run_measures_everything_and_a_quick_one_leaves_mitmdump_out() -> None:
    assert options([]).scenarios == [*(s.name for s in scenarios()), *EXTRAS]
    assert options([]).only == ["gateway", "aiohttp", "mitmdump"]
    assert options(["--quick"]).only == ["gateway", "aiohttp"]
    assert options(["--quick", "--only", "mitmdump"]).only == ["mitmdump"]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the benchmark needs Linux")
def test_a_short_run_fills_both_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "figures.json"
    chosen = ["--quick", "--only", "aiohttp", "--scenarios", "small,one-client"]
    assert main([*chosen, "--json", str(file)]) == 0
    found = json.loads(file.read_text())
    assert [(r["scenario"], r["target"]) for r in found["results"]] == [
        ("small", "direct"),
        ("small", "aiohttp"),
    ]
    assert [(r["what"], r["target"]) for r in found["readings"]] == [
        ("one client, p50", "direct"),
        ("one client, p50, added", "aiohttp"),
    ]
    assert "× aiohttp" in capsys.readouterr().out
