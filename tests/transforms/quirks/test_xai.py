"""xAI's deviations from OpenAI's format."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.quirks.xai import QUIRK
from plexus.transforms.wire import JsonObject


@pytest.mark.parametrize(
    ("model", "other"),
    [
        ("grok-2", {"effort": None}),
        ("grok-3", {"effort": None}),
        ("grok-3-mini", {"efforts": ("low", "high")}),
        ("grok-4-fast", {"effort": None}),
        ("grok-4-1-fast-non-reasoning", {"effort": None}),
        ("grok-4.20-0309-reasoning", {"effort": None}),
        ("grok-code-fast-1", {"effort": None}),
        ("grok-4.3", {"efforts": ("none", "low", "medium", "high")}),
        ("grok-4.5", {"efforts": ("low", "medium", "high")}),
        ("grok-latest", {"efforts": ("low", "medium", "high")}),
    ],
)
def test_what_groks_models_take(model: str, other: dict[str, Any]) -> None:
    given = Traits(**{"reasoning_field": "reasoning_content", "inline_system": True, **other})
    assert QUIRK.traits(model, Traits()) == given


def test_those_that_think_refuse_penalties_and_stops() -> None:
    body: JsonObject = {"stop": ["x"], "presence_penalty": 1, "temperature": 1}
    assert QUIRK.mend_request(body, "grok-4", Receipt()) == {"temperature": 1}
    for model in ("grok-3", "grok-4-fast-non-reasoning"):
        assert QUIRK.mend_request(body, model, Receipt()) == body
