"""DeepSeek's deviations from OpenAI's format."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.ir import Message, Text, Thinking, ToolCall, ToolChoice, ToolSpec
from plexus.transforms.quirks.deepseek import QUIRK
from tests.transforms.quirks.asking import asked, sent

NEWEST = Traits(
    reasoning_field="reasoning_content",
    reasoning_required=True,
    effort="thinking",
    efforts=("low", "high", "max"),
    forced_tools="at_rest",
    structured_output=False,
)
PAST = (
    Message(role="user", parts=(Text(text="hi"),)),
    Message(role="assistant", parts=(Thinking(text="t"), Text(text="well"))),
    Message(role="user", parts=(Text(text="look"),)),
    Message(role="assistant", parts=(Thinking(text="u"), ToolCall(id="a", name="f"))),
)


def test_its_newest_models_think_by_default_and_want_every_thought_back() -> None:
    for model in ("deepseek-v4-flash", "deepseek-v4-pro"):
        assert QUIRK.traits(model, Traits()) == NEWEST
    assert QUIRK.hosts == ("api.deepseek.com",)


def test_the_reasoner_wants_them_with_tool_calls_only_and_refuses_logprobs() -> None:
    assert QUIRK.traits("deepseek-reasoner", Traits()) == replace(
        NEWEST, effort=None, reasoning_turns="calls"
    )
    assert QUIRK.mend_request({"logprobs": True, "n": 1}, "deepseek-reasoner", Receipt()) == {
        "n": 1
    }
    assert QUIRK.mend_request({"logprobs": True}, "deepseek-chat", Receipt()) == {"logprobs": True}


@pytest.mark.parametrize(
    ("model", "thoughts"),
    [("deepseek-v4-pro", ["t", "u"]), ("deepseek-reasoner", [None, "u"])],
)
def test_where_thoughts_go_back(model: str, thoughts: list[str | None]) -> None:
    body = sent(QUIRK, asked(*PAST, model=model))
    turns = [message for message in body["messages"] if message["role"] == "assistant"]
    assert [turn.get("reasoning_content") for turn in turns] == thoughts


def test_thinking_is_off_while_a_call_is_forced() -> None:
    forced = asked(
        model="deepseek-v4-pro",
        tools=(ToolSpec(name="f"),),
        tool_choice=ToolChoice(mode="required"),
    )
    body = sent(QUIRK, forced)
    assert (body["thinking"], body["tool_choice"]) == ({"type": "disabled"}, "required")
    assert sent(QUIRK, replace(forced, model="deepseek-reasoner"))["tool_choice"] == "auto"
