"""Cerebras' deviations from OpenAI's format."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.quirks.cerebras import QUIRK


@pytest.mark.parametrize(
    ("model", "other"),
    [
        ("llama3.1-8b", {"effort": None}),
        ("gpt-oss-120b", {"efforts": ("low", "medium", "high"), "reasoning_field": "reasoning"}),
        ("zai-glm-4.7", {"efforts": ("none", "default"), "reasoning_field": "reasoning"}),
    ],
)
def test_what_its_models_take(model: str, other: dict[str, Any]) -> None:
    given = Traits(**{"max_tokens_field": "max_completion_tokens", **other})
    assert QUIRK.traits(model, Traits()) == given


def test_penalties_and_weights_are_refused() -> None:
    body: dict[str, Any] = {"frequency_penalty": 1, "logit_bias": {}, "seed": 1}
    assert QUIRK.mend_request(body, "m", Receipt()) == {"seed": 1}
