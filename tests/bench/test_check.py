"""The guard tells what became dearer, and by how much."""

from __future__ import annotations

import json

import pytest

from tests.bench.catalogue import scenarios
from tests.bench.check import LIMITS, SCENARIOS, Excess, judge, main, with_margins

FOUND = {"instructions": {"small": 1200.0, "large": 90.0}, "times aiohttp": {"small": 4.0}}


def test_what_is_within_its_limits_is_not_mentioned() -> None:
    assert judge(FOUND, with_margins(FOUND)) == []


def test_an_excess_is_a_sentence_with_figure_limit_and_remedy() -> None:
    limits = {"instructions": {"small": 1000.0, "large": 100.0}, "times aiohttp": {"small": 9.0}}
    assert [str(excess) for excess in judge(FOUND, limits)] == [
        "small: 1,200 instructions per call, at most 1,000 are allowed (+20%): profile what was"
        " changed, or accept it with --update"
    ]


def test_a_figure_without_a_limit_is_no_pass() -> None:
    assert judge({"instructions": {"new": 1.0}}, {}) == [Excess("instructions", "new", 1.0, None)]
    assert "run it with --update" in str(Excess("instructions", "new", 1.0, None))


def test_limits_have_three_digits_and_a_margin() -> None:
    assert with_margins({"instructions": {"x": 12345.0}, "times aiohttp": {"x": 2.345}}) == {
        "instructions": {"x": 14200.0},
        "times aiohttp": {"x": 3.75},
    }


def test_every_checked_call_exists_and_has_its_stored_limits() -> None:
    known = {scenario.name for scenario in scenarios()}
    stored = json.loads(LIMITS.read_text())
    assert {kind: set(limits) for kind, limits in stored.items()} == {
        kind: set(names) & known for kind, names in SCENARIOS.items()
    }
    assert all(known.issuperset(names) for names in SCENARIOS.values())


def test_an_unknown_scenario_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--scenarios", "smal"])
    assert "unknown 'smal'; known: small, stream" in capsys.readouterr().err
