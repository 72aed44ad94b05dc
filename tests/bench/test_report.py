"""The report compares like with like."""

from __future__ import annotations

from tests.bench.readings import Reading
from tests.bench.report import as_json, ceilings, complaints, for_docs, results_table
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


def test_a_reading_that_went_wrong_is_told_too() -> None:
    bad = Reading(what="RSS", target="gateway", value=1.0, unit="MB", errors=3)
    assert complaints([], [bad]) == ["gateway, RSS: 3 errors, such as: nothing said"]


def test_a_load_generator_near_its_ceiling_is_told() -> None:
    direct, bare = RESULTS[0], RESULTS[1]
    near = Result(scenario="small", target="direct", rate=[9900.0])
    assert ceilings([direct, bare]) == []
    assert ceilings([near, bare]) == [
        "note: in small, load and provider alone make 1.1 times the calls of the fastest target:"
        " its CPU per call is right, its calls/s are not"
    ]


def test_the_tables_for_docs_are_in_markdown_and_the_goals_come_first() -> None:
    reading = Reading(what="RSS idle", target="gateway", value=120.0, unit="MB")
    heads = [part.splitlines()[0] for part in for_docs(RESULTS, [reading]).split("\n\n")]
    assert [head.split(" | ")[1] for head in heads[1:]] == ["small", "target", "target"]
    assert for_docs(RESULTS[:2], []) == ""


def test_the_json_holds_every_round() -> None:
    whole = as_json({"date": "today"}, RESULTS[2:3])
    assert whole["about"] == {"date": "today"}
    assert whole["results"][0]["cpu"] == [190.0, 200.0, 240.0]  # type: ignore[index]  # a list
