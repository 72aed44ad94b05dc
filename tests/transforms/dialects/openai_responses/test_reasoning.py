"""How much a model may think."""

from __future__ import annotations

import pytest

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.dialects.openai_responses.reasoning import (
    decode_reasoning,
    encode_reasoning,
    is_on,
)
from plexus.transforms.ir import Reasoning
from plexus.transforms.wire import Json, JsonObject


def written(
    reasoning: Reasoning, traits: Traits | None = None
) -> tuple[JsonObject | None, list[str]]:
    """The field and the notes."""
    receipt = Receipt()
    field = encode_reasoning(reasoning, traits or Traits(), receipt)
    return field, [note.path for note in receipt.notes]


@pytest.mark.parametrize(
    "raw",
    [
        {"effort": "high", "summary": "detailed"},
        {"effort": "none"},
        {"effort": "max"},
        {"effort": None, "summary": None},
        {"summary": "auto"},
        {"context": "all_turns", "mode": "pro"},
        {"generate_summary": "concise"},
    ],
)
def test_it_is_written_as_it_was_read(raw: JsonObject) -> None:
    reasoning = decode_reasoning(raw)
    assert reasoning is not None
    assert written(reasoning) == (raw, [])


def test_none_switches_it_off_and_a_summary_shows_it() -> None:
    off = decode_reasoning({"effort": "none"})
    assert off is not None
    assert (off.mode, off.effort, is_on(off)) == ("off", None, False)
    shown = decode_reasoning({"summary": "auto"})
    assert shown is not None
    assert (shown.show, is_on(shown)) == (True, True)
    assert not is_on(None)
    assert not is_on(decode_reasoning({"effort": None, "summary": None}))


@pytest.mark.parametrize("raw", [None, "high", []])
def test_no_object_says_nothing(raw: Json) -> None:
    assert decode_reasoning(raw) is None
    assert encode_reasoning(None, Traits(), Receipt()) is None


@pytest.mark.parametrize(
    ("budget", "effort"),
    [(0, "none"), (1, "minimal"), (1024, "minimal"), (2048, "low"), (8192, "medium"),
     (16384, "high"), (16385, "xhigh")],
)  # fmt: skip
def test_a_budget_becomes_an_effort(budget: int, effort: str) -> None:
    assert written(Reasoning(mode="on", budget=budget)) == (
        {"effort": effort},
        ["reasoning.budget"],
    )


@pytest.mark.parametrize(
    ("reasoning", "expected", "notes"),
    [
        (Reasoning(mode="off", budget=9), {"effort": "none"}, []),
        (Reasoning(mode="on"), {"effort": "medium"}, ["reasoning.mode"]),
        (Reasoning(mode="adaptive"), None, []),
        (Reasoning(mode="adaptive", budget=-1), None, []),
        (Reasoning(effort="max"), {"effort": "xhigh"}, ["reasoning.effort"]),
        (Reasoning(effort="low", show=True), {"effort": "low", "summary": "auto"}, []),
        (Reasoning(effort="low", show=False), {"effort": "low"}, []),
        (Reasoning(mode="off", show=True), {"effort": "none"}, []),
        (Reasoning(summary="loud"), {"summary": "auto"}, []),
        (Reasoning(), None, []),
    ],
)
def test_another_formats_thinking_finds_words(
    reasoning: Reasoning, expected: JsonObject | None, notes: list[str]
) -> None:
    assert written(reasoning) == (expected, notes)


def test_openai_takes_max_and_some_models_take_nothing() -> None:
    assert written(Reasoning(effort="max"), Traits(official=True)) == ({"effort": "max"}, [])
    assert written(Reasoning(effort="low"), Traits(effort=None)) == (None, ["reasoning"])


@pytest.mark.parametrize(
    ("reasoning", "effort", "notes"),
    [
        (Reasoning(effort="medium"), "medium", []),
        (Reasoning(effort="minimal"), "low", ["reasoning.effort"]),
        (Reasoning(effort="max"), "high", ["reasoning.effort"]),
        (Reasoning(mode="off"), "low", ["reasoning.effort"]),
        (Reasoning(effort="max", ext={"responses": {}}), "max", []),
    ],
)
def test_an_effort_that_a_model_lacks_becomes_the_nearest_it_has(
    reasoning: Reasoning, effort: str, notes: list[str]
) -> None:
    traits = Traits(official=True, efforts=("low", "medium", "high"))
    assert written(reasoning, traits) == ({"effort": effort}, notes)
