"""What a request says about thinking is read in four ways and written in the provider's."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.dialects.openai_chat.effort import (
    can_rest,
    decode_reasoning,
    encode_reasoning,
)
from plexus.transforms.ir import Reasoning
from tests.transforms.dialects.openai_chat.making import OFFICIAL

EFFORT = Traits(effort="reasoning_effort")
OBJECT = Traits(effort="reasoning")
NEITHER = Traits(effort=None)


def _read(**fields: Any) -> tuple[Any, ...]:
    left: Any = dict(fields)
    reasoning = decode_reasoning(left)
    assert reasoning is not None
    assert left == {}
    return (reasoning.mode, reasoning.effort, reasoning.budget, reasoning.show)


@pytest.mark.parametrize(
    ("fields", "read"),
    [
        ({"reasoning_effort": "high"}, ("on", "high", None, None)),
        ({"reasoning_effort": "none"}, ("off", None, None, None)),
        ({"reasoning_effort": "maximum"}, ("on", "max", None, None)),
        ({"reasoning": {"effort": "low", "exclude": True}}, ("on", "low", None, False)),
        ({"reasoning": {"max_tokens": 2000}}, ("on", None, 2000, None)),
        ({"reasoning": {"enabled": True}}, ("on", None, None, None)),
        ({"reasoning": {"enabled": False}}, ("off", None, None, None)),
        ({"thinking": {"type": "enabled"}}, ("on", None, None, None)),
        ({"thinking": {"type": "disabled"}}, ("off", None, None, None)),
        ({"enable_thinking": False}, ("off", None, None, None)),
    ],
)
def test_every_way_of_saying_it_is_read(fields: Any, read: tuple[Any, ...]) -> None:
    assert _read(**fields) == read


def test_an_unknown_effort_says_nothing_but_is_kept() -> None:
    assert _read(reasoning_effort="heroic") == (None, None, None, None)


@pytest.mark.parametrize("fields", [{}, {"reasoning_effort": None}, {"thinking": "high"}])
def test_saying_nothing_is_nothing(fields: Any) -> None:
    left = dict(fields)

    assert decode_reasoning(left) is None
    assert left == fields


@pytest.mark.parametrize(
    ("fields", "traits"),
    [
        ({"reasoning_effort": "high"}, EFFORT),
        ({"reasoning": {"effort": "high", "x": 1}}, OBJECT),
        ({"thinking": {"type": "enabled", "clear_thinking": False}}, EFFORT),
        ({"enable_thinking": True}, OBJECT),
    ],
)
def test_what_the_provider_understands_goes_back_as_it_was(fields: Any, traits: Traits) -> None:
    reasoning = decode_reasoning(dict(fields))
    assert reasoning is not None

    assert encode_reasoning(reasoning, traits, Receipt()) == fields


def test_the_other_way_of_saying_it_is_translated() -> None:
    said = decode_reasoning({"reasoning_effort": "high", "enable_thinking": True})
    assert said is not None

    assert encode_reasoning(said, OBJECT, Receipt()) == {
        "enable_thinking": True,
        "reasoning": {"effort": "high"},
    }


@pytest.mark.parametrize(
    ("reasoning", "body"),
    [
        (Reasoning(mode="on", effort="low"), {"reasoning_effort": "low"}),
        (Reasoning(mode="off"), {"reasoning_effort": "none"}),
        (Reasoning(mode="on", budget=3000), {"reasoning_effort": "medium"}),
        (Reasoning(mode="on"), {"reasoning_effort": "medium"}),
        (Reasoning(mode="adaptive"), {}),
        (Reasoning(mode="on", effort="max"), {"reasoning_effort": "xhigh"}),
    ],
)
def test_foreign_reasoning_as_an_effort(reasoning: Reasoning, body: Any) -> None:
    assert encode_reasoning(reasoning, EFFORT, Receipt()) == body


def test_openai_knows_the_highest_effort() -> None:
    reasoning = Reasoning(mode="on", effort="max")

    assert encode_reasoning(reasoning, OFFICIAL, Receipt()) == {"reasoning_effort": "max"}


@pytest.mark.parametrize(
    ("reasoning", "body"),
    [
        (Reasoning(mode="on", effort="low", show=False), {"effort": "low", "exclude": True}),
        (Reasoning(mode="on", effort="low", budget=3000), {"max_tokens": 3000}),
        (Reasoning(mode="off", effort="low"), {"enabled": False}),
        (Reasoning(mode="adaptive"), {"enabled": True}),
    ],
)
def test_foreign_reasoning_as_an_object(reasoning: Reasoning, body: Any) -> None:
    assert encode_reasoning(reasoning, OBJECT, Receipt()) == {"reasoning": body}


def test_a_model_that_cannot_be_told_is_not_told() -> None:
    receipt = Receipt()

    assert encode_reasoning(Reasoning(mode="on", effort="low"), NEITHER, receipt) == {}
    assert [str(note) for note in receipt.notes] == [
        "dropped reasoning (this model cannot be told how much to think)"
    ]


LEVELS = Traits(efforts=("low", "medium", "high"))
SWITCH = Traits(effort="reasoning", efforts=())
TYPED = Traits(effort="thinking", efforts=())
TYPED_LEVELS = Traits(effort="thinking", efforts=("low", "high", "max"))
FLAG = Traits(effort="enable_thinking")
TEMPLATE = Traits(effort="chat_template_kwargs")


@pytest.mark.parametrize(
    ("reasoning", "word", "notes"),
    [
        (Reasoning(effort="medium"), "medium", []),
        (Reasoning(effort="max"), "high", ["coerced reasoning.effort (max as high)"]),
        (Reasoning(effort="minimal"), "low", ["coerced reasoning.effort (minimal as low)"]),
        (Reasoning(mode="off"), "low", ["coerced reasoning.effort (none as low)"]),
    ],
)
def test_an_effort_that_a_model_lacks_becomes_the_nearest_it_has(
    reasoning: Reasoning, word: str, notes: list[str]
) -> None:
    receipt = Receipt()

    assert encode_reasoning(reasoning, LEVELS, receipt) == {"reasoning_effort": word}
    assert [str(note) for note in receipt.notes] == notes


NO_DEGREES = "thinking on: this model knows no degrees"


@pytest.mark.parametrize(
    ("reasoning", "traits", "body", "notes"),
    [
        (Reasoning(mode="on"), SWITCH, {"reasoning": {"enabled": True}}, []),
        (Reasoning(mode="off"), SWITCH, {"reasoning": {"enabled": False}}, []),
        (
            Reasoning(effort="low"), SWITCH, {"reasoning": {"enabled": True}},
            [f"coerced reasoning.effort ({NO_DEGREES})"],
        ),
        (Reasoning(mode="on"), TYPED, {"thinking": {"type": "enabled"}}, []),
        (Reasoning(mode="off", effort="low"), TYPED, {"thinking": {"type": "disabled"}}, []),
        (
            Reasoning(budget=99), TYPED, {"thinking": {"type": "enabled"}},
            [f"coerced reasoning.budget ({NO_DEGREES})"],
        ),
        (Reasoning(), TYPED, {}, []),
        (
            Reasoning(effort="low"), TYPED_LEVELS,
            {"thinking": {"type": "enabled"}, "reasoning_effort": "low"}, [],
        ),
        (
            Reasoning(effort="xhigh"), TYPED_LEVELS,
            {"thinking": {"type": "enabled"}, "reasoning_effort": "max"},
            ["coerced reasoning.effort (xhigh as max)"],
        ),
        (Reasoning(mode="adaptive"), TYPED_LEVELS, {"thinking": {"type": "enabled"}}, []),
        (Reasoning(mode="off"), TYPED_LEVELS, {"thinking": {"type": "disabled"}}, []),
        (Reasoning(mode="on"), FLAG, {"enable_thinking": True}, []),
        (Reasoning(mode="off"), FLAG, {"enable_thinking": False}, []),
        (Reasoning(budget=99), FLAG, {"enable_thinking": True, "thinking_budget": 99}, []),
        (Reasoning(), FLAG, {}, []),
        (
            Reasoning(mode="off"), TEMPLATE,
            {"chat_template_kwargs": {"enable_thinking": False, "thinking": False}}, [],
        ),
        (
            Reasoning(effort="high"), TEMPLATE,
            {"chat_template_kwargs": {"enable_thinking": True, "thinking": True}},
            [f"coerced reasoning.effort ({NO_DEGREES})"],
        ),
        (Reasoning(), TEMPLATE, {}, []),
    ],
)  # fmt: skip
def test_other_fields_that_say_how_much_to_think(
    reasoning: Reasoning, traits: Traits, body: Any, notes: list[str]
) -> None:
    receipt = Receipt()

    assert encode_reasoning(reasoning, traits, receipt) == body
    assert [str(note) for note in receipt.notes] == notes


@pytest.mark.parametrize(
    ("traits", "able"),
    [
        (Traits(), False),
        (NEITHER, False),
        (LEVELS, False),
        (Traits(efforts=("none", "low")), True),
        (OBJECT, True),
        (TYPED, True),
        (FLAG, True),
    ],
)
def test_whether_a_model_can_be_told_not_to_think(traits: Traits, able: bool) -> None:
    assert can_rest(traits) is able


@pytest.mark.parametrize(
    ("reasoning", "traits", "notes"),
    [
        (Reasoning(mode="on", effort="low", summary="auto"), EFFORT,
         ["coerced reasoning.summary (the provider shows its thoughts or does not)"]),
        (Reasoning(mode="on", effort="low", show=True), EFFORT,
         ["coerced reasoning.summary (the provider shows its thoughts or does not)"]),
        (Reasoning(mode="on", effort="low", show=False), EFFORT, []),
        (Reasoning(mode="on", effort="low", summary="auto"), OBJECT, []),
    ],
)  # fmt: skip
def test_a_wish_to_see_thoughts_is_noted_where_it_cannot_be_told(
    reasoning: Reasoning, traits: Traits, notes: list[str]
) -> None:
    receipt = Receipt()

    encode_reasoning(reasoning, traits, receipt)

    assert [str(note) for note in receipt.notes] == notes
