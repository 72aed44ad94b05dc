"""A forced tool call and thinking, where a model takes only one of them."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.codec import Traits
from plexus.transforms.ir import Reasoning, ToolChoice, ToolSpec
from tests.transforms.dialects.openai_chat.making import encoded, foreign, noted

REQUIRED = ToolChoice(mode="required")
NAMED = ToolChoice(mode="named", names=("f",))
ONE_OF = ToolChoice(mode="allowed", names=("f",), required=True)

SWITCHED = Traits(forced_tools="at_rest", effort="thinking", efforts=())
TIRELESS = Traits(forced_tools="at_rest", efforts=("low", "high"))
NEVER = Traits(forced_tools="never")


def _asked(choice: ToolChoice | None, **fields: Any) -> Any:
    tools = (ToolSpec(name="f", schema={"type": "object"}),)
    return foreign(**{"tools": tools, "tool_choice": choice, **fields})


@pytest.mark.parametrize("choice", [REQUIRED, NAMED, ONE_OF])
@pytest.mark.parametrize("reasoning", [None, Reasoning(mode="on", effort="high")])
def test_thinking_gives_way_where_it_can_be_switched_off(
    choice: ToolChoice, reasoning: Reasoning | None
) -> None:
    request = _asked(choice, reasoning=reasoning)
    body = encoded(request, SWITCHED)

    assert body["thinking"] == {"type": "disabled"}
    assert body["tool_choice"] not in (None, "auto")
    assert "coerced reasoning (off, for a tool call is forced)" in noted(request, SWITCHED)


@pytest.mark.parametrize(
    ("choice", "written"), [(REQUIRED, "auto"), (NAMED, "auto"), (ONE_OF, "auto")]
)
@pytest.mark.parametrize("traits", [TIRELESS, NEVER])
def test_the_force_gives_way_where_thinking_cannot(
    choice: ToolChoice, written: str, traits: Traits
) -> None:
    request = _asked(choice)

    assert encoded(request, traits)["tool_choice"] == written
    assert "coerced tool_choice (this model cannot be made to call a tool)" in noted(
        request, traits
    )


@pytest.mark.parametrize(
    ("request_", "traits"),
    [
        (_asked(REQUIRED), Traits()),
        (_asked(REQUIRED, reasoning=Reasoning(mode="off")), SWITCHED),
        (_asked(ToolChoice(mode="auto")), SWITCHED),
        (_asked(ToolChoice(mode="allowed", names=("f",))), NEVER),
        (_asked(None), NEVER),
        (_asked(REQUIRED, tools=()), NEVER),
    ],
)
def test_nothing_gives_way_without_need(request_: Any, traits: Traits) -> None:
    assert not any(
        "cannot be made" in note or "a tool call is forced" in note
        for note in noted(request_, traits)
    )
