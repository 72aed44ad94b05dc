"""Groq's deviations from OpenAI's format."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.quirks.groq import QUIRK
from plexus.transforms.wire import JsonObject


@pytest.mark.parametrize(
    ("model", "other"),
    [
        ("llama-3.3-70b-versatile", {"effort": None, "structured_output": False}),
        ("moonshotai/kimi-k2-instruct-0905", {"effort": None}),
        (
            "openai/gpt-oss-120b",
            {"efforts": ("low", "medium", "high"), "reasoning_field": "reasoning"},
        ),
        (
            "qwen/qwen3-32b",
            {
                "efforts": ("none", "default"),
                "reasoning_field": "reasoning",
                "structured_output": False,
            },
        ),
    ],
)
def test_what_groqs_models_take(model: str, other: dict[str, Any]) -> None:
    given = Traits(**{"max_tokens_field": "max_completion_tokens", **other})
    assert QUIRK.traits(model, Traits()) == given


def test_names_alternatives_and_weights_are_left_out() -> None:
    receipt = Receipt()
    body: JsonObject = {
        "messages": [{"role": "user", "content": "hi", "name": "ann"}, {"role": "assistant"}],
        "n": 2,
        "logprobs": True,
        "seed": 1,
    }
    assert QUIRK.mend_request(body, "m", receipt) == {
        "messages": [{"role": "user", "content": "hi"}, {"role": "assistant"}],
        "seed": 1,
    }
    assert [note.path for note in receipt.notes] == ["sampling.n", "messages.name", "logprobs"]


def test_one_answer_may_be_asked_for() -> None:
    body: JsonObject = {"messages": [{"role": "user", "content": "hi"}], "n": 1}
    assert QUIRK.mend_request(body, "m", Receipt()) == body
