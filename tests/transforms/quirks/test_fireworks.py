"""Fireworks' deviations from OpenAI's format."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.codec import Traits
from plexus.transforms.quirks.fireworks import QUIRK


@pytest.mark.parametrize(
    ("model", "other"),
    [
        ("accounts/fireworks/models/llama4", {}),
        ("accounts/fireworks/models/kimi-k2p5", {"efforts": ("low", "medium", "high")}),
        ("accounts/fireworks/models/glm-5", {"efforts": ("none", "high", "max")}),
        (
            "accounts/fireworks/models/deepseek-v4-pro",
            {"efforts": ("none", "low", "medium", "high", "xhigh", "max")},
        ),
    ],
)
def test_thoughts_go_back_and_efforts_go_by_the_model(model: str, other: dict[str, Any]) -> None:
    given = Traits(**{"reasoning_field": "reasoning_content", **other})
    assert QUIRK.traits(model, Traits()) == given
