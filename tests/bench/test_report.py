"""The report compares like with like."""

from __future__ import annotations

from tests.bench.report import as_json, complaints, results_table
from tests.bench.rounds import Result

RESULTS = [
    Result(scenario="small", target="direct", cpu=[20.0], rate=[50_000.0], reads=[1.0], calls=9),
    Result(scenario="small", target="aiohttp", cpu=[100.0], rate=[9000.0], reads=[1.0], calls=9),
    Result(scenario="small", target="gateway", cpu=[190.0, 200.0, 240.0], rate=[1.0], reads=[1.0]),
    Result(scenario="small translated", target="gateway", cpu=[300.0], rate=[1.0], reads=[1.0]),
    Result(scenario="large", target="gateway", errors=2, examples=["bad", "worse"]),
]


def test_the_yardstick_is_the_bare_proxy_in_the_same_size() -> None:
    rows = [line.split() for line in results_table(RESULTS).splitlines()[2:]]
    assert [row[-4] for row in rows] == ["-", "1.00", "2.00", "3.00", "-"]
    assert [row[-6:-4] for row in rows][2] == ["200", "12%"]


def test_wrong_answers_are_told_with_an_example() -> None:
    assert complaints(RESULTS) == ["gateway, large: 2 errors, such as: bad"]


def test_the_json_holds_every_round() -> None:
    whole = as_json({"date": "today"}, RESULTS[2:3])
    assert whole["about"] == {"date": "today"}
    assert whole["results"][0]["cpu"] == [190.0, 200.0, 240.0]  # type: ignore[index]  # a list
