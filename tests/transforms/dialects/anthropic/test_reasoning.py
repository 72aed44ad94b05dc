"""How much the model may think crosses formats, within what Anthropic allows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plexus.transforms.codec import Traits
from plexus.transforms.dialects.anthropic.reasoning import decode_reasoning
from plexus.transforms.ir import ChatRequest, Reasoning, Thinking, ToolChoice, ToolSpec
from plexus.transforms.wire import Json, JsonObject
from tests.transforms.dialects.anthropic.factories import (
    OFFICIAL,
    SIGNED,
    ask,
    assistant,
    call,
    native,
    notes,
    result,
    user,
    write,
)

ADAPTIVE = replace(OFFICIAL, thinking="adaptive")
UNABLE = replace(OFFICIAL, thinking=None)


@pytest.mark.parametrize(
    ("thinking", "effort", "read"),
    [
        (
            {"type": "enabled", "budget_tokens": 2048},
            None,
            Reasoning(mode="on", budget=2048, show=True),
        ),
        ({"type": "adaptive"}, "high", Reasoning(mode="adaptive", effort="high", show=True)),
        ({"type": "adaptive", "display": "omitted"}, None, Reasoning(mode="adaptive", show=False)),
        ({"type": "disabled"}, None, Reasoning(mode="off")),
        ({"type": "between_tools"}, None, Reasoning(mode="on", show=True)),
        ({"type": "unheard_of"}, None, Reasoning()),
    ],
)
def test_thinking_is_read_and_kept(
    thinking: JsonObject, effort: str | None, read: Reasoning
) -> None:
    kept = replace(read, ext={"messages": {"thinking": thinking}})
    assert decode_reasoning(thinking, effort) == kept


def test_an_effort_alone_is_read_too() -> None:
    assert decode_reasoning(None, "low") == Reasoning(effort="low", ext={"messages": {}})
    assert decode_reasoning(None, None) is None


@pytest.mark.parametrize("traits", [OFFICIAL, ADAPTIVE])
@pytest.mark.parametrize(
    "fields",
    [
        {"thinking": {"type": "enabled", "budget_tokens": 9999, "display": "summarized"}},
        {"thinking": {"type": "adaptive"}, "output_config": {"effort": "xhigh"}},
        {"thinking": {"type": "disabled"}, "temperature": 0.5, "top_k": 3},
        {"thinking": {"type": "unheard_of", "x": 1}},
        {"output_config": {"effort": "low", "task_budget": {"total": 1}}},
    ],
)
def test_a_native_request_keeps_its_own_words(traits: Traits, fields: dict[str, Json]) -> None:
    body = write(native(**fields), traits)
    assert {key: body.get(key) for key in fields} == fields


@pytest.mark.parametrize(
    ("reasoning", "budget"),
    [
        (Reasoning(effort="minimal"), 1024),
        (Reasoning(effort="low"), 2048),
        (Reasoning(effort="HIGH"), 16384),
        (Reasoning(effort="xhigh"), 24576),
        (Reasoning(effort="max"), 32000),
        (Reasoning(mode="on"), 8192),
        (Reasoning(mode="adaptive"), 16384),
        (Reasoning(budget=3000), 3000),
        (Reasoning(budget=100), 1024),
        (Reasoning(effort="high", budget=3000), 3000),
    ],
)
def test_effort_becomes_a_budget(reasoning: Reasoning, budget: int) -> None:
    body = write(asking(reasoning, 50_000))
    assert body["thinking"] == {"type": "enabled", "budget_tokens": budget}
    assert body["max_tokens"] == 50_000


@pytest.mark.parametrize(
    ("limit", "budget", "max_tokens"),
    [
        (None, 16384, 16384 + 4096),
        (16384, 16383, 16384),
        (2000, 1999, 2000),
        (1024, 1024, 2048),
        (100, 1024, 1124),
        (0, 1024, 1025),
    ],
)
def test_a_budget_stays_below_the_limit(limit: int | None, budget: int, max_tokens: int) -> None:
    body = write(asking(Reasoning(effort="high"), limit))
    assert body["thinking"] == {"type": "enabled", "budget_tokens": budget}
    assert body["max_tokens"] == max_tokens


def test_what_was_changed_about_a_budget_is_noted() -> None:
    assert notes(asking(Reasoning(budget=9000), 500)) == [
        "coerced reasoning.budget",
        "coerced max_output",
    ]
    assert notes(asking(Reasoning(effort="low"), None)) == ["invented max_output"]


@pytest.mark.parametrize(
    ("reasoning", "thinking", "effort"),
    [
        (Reasoning(effort="minimal"), {"type": "adaptive"}, "low"),
        (Reasoning(effort="xhigh"), {"type": "adaptive"}, "xhigh"),
        (Reasoning(effort="maximum"), {"type": "adaptive"}, "max"),
        (Reasoning(budget=4096), {"type": "adaptive"}, "low"),
        (Reasoning(budget=12_000), {"type": "adaptive"}, "medium"),
        (Reasoning(budget=20_000), {"type": "adaptive"}, "high"),
        (Reasoning(budget=60_000), {"type": "adaptive"}, "xhigh"),
        (
            Reasoning(mode="adaptive", show=True),
            {"type": "adaptive", "display": "summarized"},
            None,
        ),
        (
            Reasoning(effort="low", summary="auto"),
            {"type": "adaptive", "display": "summarized"},
            "low",
        ),
        (Reasoning(mode="on", show=False), {"type": "adaptive", "display": "omitted"}, None),
    ],
)
def test_newer_models_adapt(reasoning: Reasoning, thinking: JsonObject, effort: str | None) -> None:
    body = write(asking(reasoning, 5000), ADAPTIVE)
    assert body["thinking"] == thinking
    assert body.get("output_config") == (None if effort is None else {"effort": effort})


@pytest.mark.parametrize("traits", [OFFICIAL, ADAPTIVE])
@pytest.mark.parametrize(
    "reasoning", [Reasoning(mode="off"), Reasoning(effort="none"), Reasoning(budget=0)]
)
def test_off_is_off(traits: Traits, reasoning: Reasoning) -> None:
    body = write(asking(reasoning, 5000), traits)
    assert body["thinking"] == {"type": "disabled"}
    assert "output_config" not in body


def test_thoughts_that_nobody_wants_are_left_out() -> None:
    body = write(asking(Reasoning(effort="low", show=False), 5000))
    assert body["thinking"] == {"type": "enabled", "budget_tokens": 2048, "display": "omitted"}


def test_a_summary_wish_alone_asks_for_nothing() -> None:
    assert "thinking" not in write(asking(Reasoning(summary="auto"), 5000))


def test_an_unknown_effort_is_dropped_with_a_note() -> None:
    request = asking(Reasoning(effort="ultra"), 5000)
    assert "thinking" not in write(request)
    assert notes(request) == ["dropped reasoning.effort"]


def test_a_model_that_cannot_think_is_not_asked_to() -> None:
    request = asking(Reasoning(effort="high"), 5000)
    assert "thinking" not in write(request, UNABLE)
    assert notes(request, UNABLE) == ["dropped reasoning"]
    assert notes(asking(Reasoning(mode="off"), 5000), UNABLE) == []
    adaptive = native(thinking={"type": "adaptive"}, output_config={"effort": "high"})
    assert "output_config" not in write(adaptive, UNABLE)


@pytest.mark.parametrize("traits", [OFFICIAL, ADAPTIVE])
def test_a_forced_call_turns_thinking_off(traits: Traits) -> None:
    request = replace(
        asking(Reasoning(effort="low"), 5000),
        tools=(ToolSpec(name="f"),),
        tool_choice=ToolChoice(mode="required"),
    )
    body = write(request, traits)
    assert "thinking" not in body
    assert "output_config" not in body
    assert body["max_tokens"] == 5000
    assert notes(request, traits) == ["coerced reasoning"]


def test_a_tool_loop_without_signed_thinking_turns_budgeted_thinking_off() -> None:
    loop = (user("hi"), assistant(Thinking(text="hm"), call()), user(result()))
    foreign = replace(asking(Reasoning(effort="low"), 5000), messages=loop)
    own = replace(native(thinking={"type": "enabled", "budget_tokens": 2048}), messages=loop)
    for request in (foreign, own):
        assert "thinking" not in write(request)
        assert notes(request) == ["dropped messages[1].parts[0]", "coerced reasoning"]
    assert write(foreign, ADAPTIVE)["thinking"] == {"type": "adaptive"}


def test_a_tool_loop_with_signed_thinking_goes_on_thinking() -> None:
    loop = (user("hi"), assistant(Thinking(text="hm", seal=SIGNED), call()), user(result()))
    request = replace(asking(Reasoning(effort="low"), 5000), messages=loop)
    assert write(request)["thinking"] == {"type": "enabled", "budget_tokens": 2048}


def asking(reasoning: Reasoning, limit: int | None) -> ChatRequest:
    """A foreign request that says how to think."""
    return replace(ask(), reasoning=reasoning, max_output=limit)


@pytest.mark.parametrize(
    ("reasoning", "effort", "noted"),
    [
        (Reasoning(effort="xhigh"), "max", ["coerced reasoning.effort"]),
        (Reasoning(effort="medium"), "medium", []),
        (Reasoning(budget=30_000), "max", ["coerced reasoning.effort"]),
    ],
)
def test_an_effort_that_a_model_lacks_becomes_the_nearest_it_has(
    reasoning: Reasoning, effort: str, noted: list[str]
) -> None:
    traits = replace(ADAPTIVE, efforts=("none", "low", "medium", "high", "max"))
    assert write(asking(reasoning, 5000), traits)["output_config"] == {"effort": effort}
    assert notes(asking(reasoning, 5000), traits) == noted


def test_a_model_that_always_thinks_thinks_as_little_as_it_can() -> None:
    traits = replace(ADAPTIVE, efforts=("low", "high"))
    body = write(asking(Reasoning(mode="off"), 5000), traits)
    assert "thinking" not in body and body["output_config"] == {"effort": "low"}
    assert notes(asking(Reasoning(mode="off"), 5000), traits) == ["coerced reasoning"]


def test_a_model_that_can_rest_is_told_to() -> None:
    traits = replace(ADAPTIVE, efforts=("none", "low"))
    assert write(asking(Reasoning(mode="off"), 5000), traits)["thinking"] == {"type": "disabled"}
