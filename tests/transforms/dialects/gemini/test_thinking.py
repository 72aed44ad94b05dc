"""How much a model may think."""

from __future__ import annotations

import pytest

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.dialects.gemini.keys import mark
from plexus.transforms.dialects.gemini.thinking import decode_thinking, encode_thinking
from plexus.transforms.ir import Reasoning
from plexus.transforms.wire import JsonObject
from tests.transforms.dialects.gemini.rules import notes

FLASH, PRO, LITE = "gemini-2.5-flash", "gemini-2.5-pro", "gemini-2.5-flash-lite"
THREE, THREE_PRO = "gemini-3.5-flash", "gemini-3-pro-preview"


def written(
    reasoning: Reasoning | None, model: str = FLASH, thinking: str | None = "budget"
) -> tuple[JsonObject | None, list[str]]:
    receipt = Receipt()
    traits = Traits(thinking=thinking)  # type: ignore[arg-type]  # parametrised
    return encode_thinking(reasoning, model, traits, receipt), notes(receipt)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"thinkingBudget": 0}, Reasoning(mode="off", budget=0)),
        ({"thinkingBudget": -1}, Reasoning(mode="adaptive")),
        ({"thinkingBudget": 100}, Reasoning(mode="on", budget=100)),
        ({"thinkingLevel": "HIGH"}, Reasoning(mode="on", effort="high")),
        ({"thinkingLevel": "low"}, Reasoning(mode="on", effort="low")),
        ({"thinkingLevel": "THINKING_LEVEL_UNSPECIFIED"}, Reasoning()),
        ({"includeThoughts": True}, Reasoning(show=True)),
        ({}, Reasoning()),
    ],
)
def test_a_config_is_read(config: JsonObject, expected: Reasoning) -> None:
    found = decode_thinking(config)
    assert found.ext == mark({"thinkingConfig": config})
    assert (found.mode, found.effort, found.budget, found.show) == (
        expected.mode,
        expected.effort,
        expected.budget,
        expected.show,
    )


def test_snake_case_is_read_and_camel_case_written() -> None:
    found = decode_thinking({"thinking_budget": 5, "include_thoughts": True})
    config = {"thinkingBudget": 5, "includeThoughts": True}
    assert written(found) == (config, [])
    assert written(found, thinking="level") == (config, [])


@pytest.mark.parametrize(
    ("effort", "model", "budget"),
    [
        ("minimal", FLASH, 512),
        ("low", FLASH, 1024),
        ("medium", FLASH, 8192),
        ("high", FLASH, 24_576),
        ("xhigh", PRO, 32_768),
        ("max", PRO, 32_768),
        ("max", FLASH, 24_576),
    ],
)
def test_an_effort_is_a_budget(effort: str, model: str, budget: int) -> None:
    config = {"thinkingBudget": budget, "includeThoughts": True}
    assert written(Reasoning(mode="on", effort=effort), model) == (config, [])


def test_a_clients_own_budget_is_kept_as_far_as_the_model_goes() -> None:
    assert written(Reasoning(mode="on", budget=5000)) == (
        {"thinkingBudget": 5000, "includeThoughts": True},
        [],
    )
    assert written(Reasoning(mode="on", budget=31_999)) == (
        {"thinkingBudget": 24_576, "includeThoughts": True},
        ["coerced reasoning.budget"],
    )
    assert written(Reasoning(mode="on", budget=50), LITE)[0] == {
        "thinkingBudget": 512,
        "includeThoughts": True,
    }


def test_only_the_name_of_a_model_tells_its_family() -> None:
    path = "projects/pro-p/locations/l/publishers/google/models/gemini-2.5-flash"
    assert written(Reasoning(mode="off"), path) == ({"thinkingBudget": 0}, [])


def test_without_a_measure_the_model_decides() -> None:
    config = {"thinkingBudget": -1, "includeThoughts": True}
    assert written(Reasoning(mode="on")) == (config, [])
    assert written(Reasoning(mode="adaptive")) == (config, [])


@pytest.mark.parametrize(
    "reasoning", [Reasoning(mode="off"), Reasoning(effort="none"), Reasoning(budget=0)]
)
def test_edge_case_73_off_is_off_or_reported_as_impossible(reasoning: Reasoning) -> None:
    assert written(reasoning) == ({"thinkingBudget": 0}, [])
    assert written(reasoning, PRO) == ({"thinkingBudget": 128}, ["coerced reasoning"])
    assert written(reasoning, THREE, "level") == (
        {"thinkingLevel": "MINIMAL"},
        ["coerced reasoning"],
    )
    assert written(reasoning, THREE_PRO, "level") == (
        {"thinkingLevel": "LOW"},
        ["coerced reasoning"],
    )


@pytest.mark.parametrize(
    ("effort", "model", "level", "said"),
    [
        ("minimal", THREE, "MINIMAL", []),
        ("minimal", THREE_PRO, "LOW", ["coerced reasoning.effort"]),
        ("low", THREE_PRO, "LOW", []),
        ("medium", THREE, "MEDIUM", []),
        ("medium", THREE_PRO, "HIGH", ["coerced reasoning.effort"]),
        ("high", THREE, "HIGH", []),
        ("max", THREE, "HIGH", ["coerced reasoning.effort"]),
    ],
)
def test_an_effort_is_a_level(effort: str, model: str, level: str, said: list[str]) -> None:
    config = {"thinkingLevel": level, "includeThoughts": True}
    assert written(Reasoning(effort=effort), model, "level") == (config, said)


@pytest.mark.parametrize(
    ("budget", "level"), [(500, "MINIMAL"), (4000, "LOW"), (12_000, "MEDIUM"), (32_000, "HIGH")]
)
def test_a_budget_is_a_level(budget: int, level: str) -> None:
    config = {"thinkingLevel": level, "includeThoughts": True}
    assert written(Reasoning(mode="on", budget=budget), THREE, "level") == (
        config,
        ["coerced reasoning.budget"],
    )


def test_thoughts_are_shown_when_thinking_is_on_or_asked_for() -> None:
    assert written(Reasoning(mode="on"), THREE, "level") == ({"includeThoughts": True}, [])
    assert written(Reasoning(mode="on", show=False), THREE, "level")[0] == {
        "includeThoughts": False
    }
    assert written(Reasoning(show=True))[0] == {"includeThoughts": True}
    assert written(Reasoning(summary="auto"))[0] == {"includeThoughts": True}
    assert written(Reasoning(summary="none")) == (None, [])


def test_nothing_said_is_nothing_sent() -> None:
    assert written(None) == (None, [])
    assert written(Reasoning()) == (None, [])
    assert written(Reasoning(effort="unheard of")) == (None, [])


def test_a_model_that_does_not_think_is_not_asked_to() -> None:
    assert written(Reasoning(mode="on"), thinking=None) == (None, ["dropped reasoning"])
