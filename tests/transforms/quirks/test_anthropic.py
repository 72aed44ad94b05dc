"""Anthropic's models: who thinks within a budget, who adapts, and who does not think."""

import pytest

from plexus.transforms.codec import Traits
from plexus.transforms.quirks.anthropic import QUIRK


@pytest.mark.parametrize(
    ("model", "thinking", "most"),
    [
        ("claude-2.1", None, 4096),
        ("claude-instant-1.2", None, 4096),
        ("claude-3-opus-20240229", None, 4096),
        ("claude-3-5-sonnet-latest", None, 8192),
        ("claude-3-7-sonnet-20250219", "budget", 64_000),
        ("claude-opus-4-20250514", "budget", 32_000),
        ("claude-opus-4-0", "budget", 32_000),
        ("claude-opus-4-1-20250805", "budget", 32_000),
        ("claude-opus-4-5-20251101", "budget", 64_000),
        ("claude-sonnet-4", "budget", 64_000),
        ("claude-sonnet-4-5-20250929", "budget", 64_000),
        ("claude-haiku-4-5", "budget", 64_000),
        ("us.anthropic.claude-sonnet-4-5-20250929", "budget", 64_000),
        ("claude-opus-4-6", "adaptive", 128_000),
        ("claude-sonnet-4-6-20260301", "adaptive", 128_000),
        ("claude-opus-5", "adaptive", 128_000),
    ],
)
def test_a_models_family_tells_how_it_thinks_and_how_much_it_says(
    model: str, thinking: str | None, most: int
) -> None:
    traits = QUIRK.traits(model, Traits())
    assert (traits.thinking, traits.max_output, traits.official) == (thinking, most, True)


@pytest.mark.parametrize(("model", "inline"), [("claude-opus-4-6", False), ("claude-opus-5", True)])
def test_only_the_newest_take_system_messages_between_turns(model: str, inline: bool) -> None:
    assert QUIRK.traits(model, Traits()).inline_system is inline


def test_it_applies_at_anthropic_only() -> None:
    assert (QUIRK.hosts, QUIRK.dialects) == (("api.anthropic.com",), ("messages",))
