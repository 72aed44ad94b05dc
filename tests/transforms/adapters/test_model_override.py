"""Another model where the request says so."""

from __future__ import annotations

import pytest

from plexus.transforms.adapter import Place
from plexus.transforms.adapters.model_override import ADAPTER
from plexus.transforms.codec import Receipt
from plexus.transforms.wire import Json, JsonObject

PLACE = Place(model="m", dialect="chat")


def rule(*conditions: JsonObject, model: str = "m", to: str = "fast") -> JsonObject:
    return {"model": model, "rewriteTo": to, "conditions": [*conditions]}


def called(body: JsonObject, *rules: JsonObject) -> Json:
    change = ADAPTER.bind({"rules": [*rules]})
    return change({"model": "m", **body}, PLACE, Receipt())["model"]


OFF: JsonObject = {"field": "reasoning.enabled", "value": False}
NONE: JsonObject = {"field": "reasoning.effort", "value": "none"}
THERE: JsonObject = {"field": "budget_tokens"}


@pytest.mark.parametrize(
    ("body", "model"),
    [
        ({"reasoning": {"enabled": False}}, "fast"),
        ({"reasoning": {"effort": "none"}}, "fast"),
        ({"budget_tokens": 0}, "fast"),
        ({"budget_tokens": None}, "fast"),
        ({"reasoning": {"enabled": True, "effort": "low"}}, "m"),
        ({"reasoning": {"enabled": 0}}, "m"),  # 0 is not false
        ({"reasoning": "none"}, "m"),
        ({}, "m"),
    ],
)
def test_any_condition_is_enough(body: JsonObject, model: str) -> None:
    assert called(body, rule(OFF, NONE, THERE)) == model


def test_a_value_of_null_must_be_there() -> None:
    condition: JsonObject = {"field": "a", "value": None}
    assert called({"a": None}, rule(condition)) == "fast"
    assert called({}, rule(condition)) == "m"


def test_the_first_rule_of_the_model_that_fires_decides() -> None:
    others = rule(THERE, model="other", to="x")
    assert (
        called({"budget_tokens": 1}, others, rule(OFF, to="y"), rule(THERE), rule(THERE, to="z"))
        == "fast"
    )


def test_a_body_that_no_rule_fires_for_is_left_alone() -> None:
    body: JsonObject = {"model": "m"}
    assert ADAPTER.bind({"rules": [rule(OFF)]})(body, PLACE, Receipt()) is body


@pytest.mark.parametrize(
    ("options", "problems"),
    [
        ({}, ["rules: needs at least one entry"]),
        ({"rules": []}, ["rules: needs at least one entry"]),
        (
            {"rules": {}},
            ["rules: must be an array, not an object", "rules: needs at least one entry"],
        ),
        (
            {"rules": [{"model": "m"}]},
            ["rules.0.rewriteTo: is required", "rules.0.conditions: needs at least one entry"],
        ),
        (
            {"rules": [{**rule({"value": 1}), "when": 1}]},
            [
                "rules.0.when: is no option; known: model, rewriteTo, conditions",
                "rules.0.conditions.0.field: is required",
            ],
        ),
    ],
)
def test_wrong_options_are_told(options: JsonObject, problems: list[str]) -> None:
    assert ADAPTER.check(options) == problems
