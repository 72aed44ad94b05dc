"""Gemini behind Google's OpenAI-compatible endpoint."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.codec import Traits
from plexus.transforms.ir import Message, Reasoning, Seal, Text, ToolCall, ToolResult
from plexus.transforms.quirks.gemini_openai import QUIRK
from tests.transforms.quirks.asking import GREETING, asked, sent

USUAL = ("low", "medium", "high")
THIRD = {"call_seals": True, "thought_signatures": True}


@pytest.mark.parametrize(
    ("model", "given"),
    [
        ("gemini-2.0-flash", {"effort": None}),
        ("gemini-2.5-flash", {"call_seals": True, "efforts": ("none", "minimal", *USUAL)}),
        ("gemini-2.5-pro", {"call_seals": True, "efforts": ("minimal", *USUAL)}),
        ("gemini-3-pro-preview", {**THIRD, "efforts": ("low", "high")}),
        ("gemini-3.1-pro-preview", {**THIRD, "efforts": USUAL}),
        ("models/gemini-3.5-flash", {**THIRD, "efforts": ("minimal", *USUAL)}),
    ],
)
def test_what_geminis_families_take(model: str, given: dict[str, Any]) -> None:
    assert QUIRK.traits(model, Traits()) == Traits(**given)


def test_signatures_go_back_in_the_field_they_came_in() -> None:
    seal = Seal(dialect="gemini", kind="thought", data="c2ln")
    request = asked(
        GREETING,
        Message(role="assistant", parts=(ToolCall(id="a", name="f", seal=seal),)),
        Message(role="user", parts=(ToolResult(call_id="a", parts=(Text(text="ok"),)),)),
        model="gemini-3-pro-preview",
        reasoning=Reasoning(effort="medium"),
    )
    body = sent(QUIRK, request)
    call = body["messages"][1]["tool_calls"][0]
    assert call["extra_content"] == {"google": {"thought_signature": "c2ln"}}
    assert body["reasoning_effort"] == "high"
