"""The table of issue 6 holds what was measured, and says what was not."""

from __future__ import annotations

from tests.bench.goals import goals_table
from tests.bench.readings import Reading
from tests.bench.rounds import Result

RESULTS = [
    Result(scenario="small", target="aiohttp", cpu=[200.0]),
    Result(scenario="small", target="gateway", cpu=[300.0, 330.0, 360.0]),
    Result(scenario="small translated", target="gateway", cpu=[450.0]),
]
READINGS = [
    Reading(what="TTFT, 64 streams, p50, added", target="gateway", value=1.2, unit="ms"),
    Reading(what="TTFT, 64 streams, p50, added", target="aiohttp", value=0.2, unit="ms"),
    Reading(what="RSS idle", target="gateway", value=121.0, unit="MB"),
    Reading(what="RSS after 100,000 calls", target="gateway", value=130.0, unit="MB"),
]


def test_measured_figures_stand_below_those_to_reach() -> None:
    table = goals_table(RESULTS, READINGS)
    assert table is not None
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    assert [row[0] for row in rows[2:]] == [
        "**to reach**", "measured", "× aiohttp", "× to reach", "fastest round",
    ]  # fmt: skip
    columns = dict(zip(rows[0], zip(*rows[2:], strict=True), strict=True))
    assert columns["small"] == ("300", "330", "1.65", "1.10", "300")
    assert columns["small translated"] == ("450", "450", "2.25", "1.00", "450")
    assert columns["stream"] == ("900", "–", "–", "–", "–")
    assert columns["added TTFT, ms"] == ("1.5 / 8", "1.2 / –", "", "0.80 / –", "")
    assert columns["RSS idle, after load, MB"] == ("110, 130", "121, 130", "", "1.10, 1.00", "")


def test_without_any_of_them_there_is_no_table() -> None:
    assert goals_table(RESULTS[:1], []) is None
