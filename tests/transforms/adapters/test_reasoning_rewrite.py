"""How much to think, in whatever fields a provider invented."""

from __future__ import annotations

import pytest

from plexus.transforms.adapter import Place
from plexus.transforms.adapters.reasoning_rewrite import ADAPTER
from plexus.transforms.codec import Receipt
from plexus.transforms.wire import Json, JsonObject

PLACE = Place(model="m", dialect="chat")
BUDGETS: JsonObject = {"from": "map", "values": {"none": 0, "low": 1024, "3": 3, "true": 1}}


def rewritten(body: JsonObject, *rules: JsonObject) -> JsonObject:
    return ADAPTER.bind({"rules": [*rules]})(body, PLACE, Receipt())


def to(target: str, value: Json) -> list[Json]:
    return [{"target": target, "value": value}]


@pytest.mark.parametrize(
    ("source", "value", "written"),
    [
        ("low", 7, {"out": {"x": 7}}),
        ("low", None, {"out": {"x": None}}),
        ("low", {"type": "enabled"}, {"out": {"x": {"type": "enabled"}}}),
        ("low", {"from": "source"}, {"out": {"x": "low"}}),
        (8192, {"from": "source"}, {"out": {"x": 8192}}),
        ("low", BUDGETS, {"out": {"x": 1024}}),
        (3, BUDGETS, {"out": {"x": 3}}),
        (True, BUDGETS, {"out": {"x": 1}}),
        ("heroic", BUDGETS, {}),
        (True, {"from": "boolean", "truthy": "on", "falsy": "off"}, {"out": {"x": "on"}}),
        (0, {"from": "boolean", "truthy": "on", "falsy": "off"}, {"out": {"x": "off"}}),
        (None, {"from": "boolean"}, {"out": {"x": False}}),
    ],
)
def test_values_are_literal_copied_mapped_or_boolean(
    source: Json, value: Json, written: JsonObject
) -> None:
    rule: JsonObject = {"source": "r.e", "rewrites": to("out.x", value)}
    body: JsonObject = {"r": {"e": source}}
    assert rewritten(body, rule) == {**body, **written}


@pytest.mark.parametrize(
    ("when", "fires"),
    [
        ({"op": "eq", "value": 5}, [5, 5.0]),
        ({"op": "neq", "value": 5}, [4, 6, "low", True, None]),
        ({"op": "gt", "value": 5}, [6]),
        ({"op": "gte", "value": 5}, [5, 5.0, 6]),
        ({"op": "lt", "value": 5}, [4]),
        ({"op": "lte", "value": 5}, [4, 5, 5.0]),
        ({"op": "in", "values": [4, "low"]}, [4, "low"]),
        ({"op": "present"}, [4, 5, 5.0, 6, "low", True, None]),
        ({"op": "absent"}, ["nothing"]),
        (None, [4, 5, 5.0, 6, "low", True, None]),
    ],
)
def test_a_rule_fires_when_it_should(when: JsonObject | None, fires: list[Json]) -> None:
    rule: JsonObject = {"source": "e", "rewrites": to("fired", True)}
    if when is not None:
        rule["when"] = when
    bodies: list[tuple[Json, JsonObject]] = [
        (value, {"e": value}) for value in (4, 5, 5.0, 6, "low", True, None)
    ]
    bodies.append(("nothing", {}))
    fired = [value for value, body in bodies if "fired" in rewritten(body, rule)]
    assert list(map(repr, fired)) == list(map(repr, fires))


def test_true_is_not_one() -> None:
    one: JsonObject = {"source": "e", "when": {"op": "eq", "value": 1}, "rewrites": to("x", 1)}
    assert rewritten({"e": True}, one) == {"e": True}


def test_paths_are_stripped_after_the_rewriting_and_only_if_the_rule_fires() -> None:
    rule: JsonObject = {
        "source": "reasoning.effort",
        "when": {"op": "in", "values": ["low"]},
        "rewrites": to("budget", {"from": "source"}),
        "strip": ["reasoning.effort", "x.y"],
    }
    receipt = Receipt()
    change = ADAPTER.bind({"rules": [rule]})
    low: JsonObject = {"reasoning": {"effort": "low", "summary": "auto"}}
    assert change(low, PLACE, receipt) == {"reasoning": {"summary": "auto"}, "budget": "low"}
    assert [note.path for note in receipt.notes] == ["reasoning.effort"]
    high: JsonObject = {"reasoning": {"effort": "high"}}
    assert change(high, PLACE, Receipt()) is high


def test_every_rule_that_fires_is_applied_in_order() -> None:
    first: JsonObject = {"source": "a", "rewrites": to("b", 1), "strip": ["a"]}
    second: JsonObject = {"source": "b", "rewrites": to("c", {"from": "source"})}
    third: JsonObject = {"source": "a", "rewrites": to("d", 1)}
    assert rewritten({"a": 0}, first, second, third) == {"b": 1, "c": 1}


@pytest.mark.parametrize(
    ("rule", "problems"),
    [
        ({"source": "a"}, ["rewrites: needs at least one entry, or strip does"]),
        ({"rewrites": to("b", 1)}, ["source: is required"]),
        ({"source": "a", "strip": ["b"]}, []),
        ({"source": "a", "rewrites": [{"target": "b"}]}, ["rewrites.0.value: is required"]),
        (
            {"source": "a", "rewrites": to("b", {"from": "sauce"})},
            ['rewrites.0.value.from: "sauce" is none of source, map, boolean'],
        ),
        (
            {"source": "a", "rewrites": to("b", {"from": "map"})},
            ["rewrites.0.value.values: is required for map"],
        ),
        (
            {"source": "a", "strip": ["b"], "when": {"op": "like", "value": 1}},
            ['when.op: "like" is none of eq, neq, gt, gte, lt, lte, in, present, absent'],
        ),
        ({"source": "a", "strip": ["b"], "when": {"op": "eq"}}, ["when.value: is required for eq"]),
        (
            {"source": "a", "strip": ["b"], "when": {"op": "gt", "value": "5"}},
            ["when.value: must be a number for gt"],
        ),
        (
            {"source": "a", "strip": ["b"], "when": {"op": "in", "value": 1}},
            ["when.values: must be an array for in"],
        ),
    ],
)
def test_wrong_options_are_told(rule: JsonObject, problems: list[str]) -> None:
    assert ADAPTER.check({"rules": [rule]}) == [f"rules.0.{problem}" for problem in problems]
