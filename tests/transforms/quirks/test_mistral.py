"""Mistral's deviations from OpenAI's format."""

from __future__ import annotations

import re
from typing import Any

import pytest

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.ir import Message, Text, Thinking, ToolCall, ToolResult
from plexus.transforms.quirks.mistral import QUIRK
from plexus.transforms.wire import JsonObject
from tests.transforms.quirks.asking import GREETING, asked, sent


@pytest.mark.parametrize(
    ("model", "other"),
    [
        ("ministral-8b-latest", {"effort": None}),
        ("mistral-small-2409", {"effort": None}),
        ("magistral-medium-latest", {"effort": None, "reasoning_field": "content"}),
        ("mistral-small-latest", {"efforts": ("none", "high"), "reasoning_field": "content"}),
        ("mistral-small-2603", {"efforts": ("none", "high"), "reasoning_field": "content"}),
        ("mistral-medium-3-5", {"efforts": ("none", "high"), "reasoning_field": "content"}),
        (
            "mistral-large-latest",
            {"efforts": ("low", "medium", "high"), "reasoning_field": "content"},
        ),
    ],
)
def test_what_mistrals_models_take(model: str, other: dict[str, Any]) -> None:
    given = Traits(**{"tool_id": "nine", "stream_usage": False, **other})
    assert QUIRK.traits(model, Traits()) == given


def test_its_own_words_for_a_seed_and_a_forced_call() -> None:
    body: JsonObject = {"seed": 7, "tool_choice": "required", "user": "u", "messages": []}
    assert QUIRK.mend_request(body, "m", Receipt()) == {
        "random_seed": 7,
        "tool_choice": "any",
        "messages": [],
    }
    named: JsonObject = {"tool_choice": {"type": "function", "function": {"name": "f"}}}
    assert QUIRK.mend_request(named, "m", Receipt()) == named


def test_an_answer_to_go_on_with_is_marked_as_one() -> None:
    prefill = Message(role="assistant", parts=(Text(text="Well,"),))
    last = sent(QUIRK, asked(GREETING, prefill, model="m"))["messages"][-1]
    assert last == {"role": "assistant", "content": "Well,", "prefix": True}


def test_ids_of_calls_have_nine_letters_and_thoughts_are_content() -> None:
    request = asked(
        GREETING,
        Message(role="assistant", parts=(Thinking(text="t"), ToolCall(id="call_1", name="f"))),
        Message(role="user", parts=(ToolResult(call_id="call_1", parts=(Text(text="ok"),)),)),
        model="magistral-small",
    )
    _, turn, result = sent(QUIRK, request)["messages"]
    assert turn["content"] == [{"type": "thinking", "thinking": [{"type": "text", "text": "t"}]}]
    assert re.fullmatch("[A-Za-z0-9]{9}", turn["tool_calls"][0]["id"])
    assert result["tool_call_id"] == turn["tool_calls"][0]["id"]


def test_a_stream_is_not_asked_for_the_usage_that_it_reports_unasked() -> None:
    assert sent(QUIRK, asked(model="m", stream=True)).keys() == {"model", "messages", "stream"}
