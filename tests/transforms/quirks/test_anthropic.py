"""Anthropic's models: who thinks within a budget, and who adapts."""

import pytest

from plexus.transforms.codec import Traits
from plexus.transforms.quirks.anthropic import QUIRK


@pytest.mark.parametrize(
    "model",
    [
        "claude-2.1",
        "claude-instant-1.2",
        "claude-3-opus-20240229",
        "claude-3-5-sonnet-latest",
        "claude-3-7-sonnet-20250219",
        "claude-opus-4-20250514",
        "claude-opus-4-0",
        "claude-opus-4-1-20250805",
        "claude-sonnet-4",
        "claude-sonnet-4-5-20250929",
        "claude-haiku-4-5",
        "claude-opus-4-5-20251101",
    ],
)
def test_models_before_4_6_think_within_a_budget(model: str) -> None:
    assert QUIRK.traits(model, Traits()) == Traits(
        official=True, inline_system=False, thinking="budget"
    )


@pytest.mark.parametrize(
    "model", ["claude-opus-4-6", "claude-sonnet-4-6-20260301", "claude-opus-5", "claude-haiku-10"]
)
def test_later_models_adapt_and_take_system_messages_between_turns(model: str) -> None:
    assert QUIRK.traits(model, Traits()) == Traits(
        official=True, inline_system=True, thinking="adaptive"
    )


def test_it_applies_at_anthropic_only() -> None:
    assert QUIRK.hosts == ("api.anthropic.com",)
