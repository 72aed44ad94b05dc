"""OpenAI's models at Azure, under whatever names."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.codec import Traits
from plexus.transforms.quirks.azure import QUIRK

GIVEN: dict[str, Any] = {
    "official": True,
    "max_tokens_field": "max_completion_tokens",
    "developer_role": True,
    "inline_system": True,
}


@pytest.mark.parametrize(
    ("model", "other"),
    [
        ("our-deployment", {}),
        ("gpt-5-mini", {"efforts": ("minimal", "low", "medium", "high"), "sampling": False}),
        ("gpt-4o-mini", {"effort": None, "max_tokens_field": "max_tokens"}),
        ("gpt-35-turbo", {"effort": None, "max_tokens_field": "max_tokens"}),
        (
            "grok-4-1-fast-non-reasoning",
            {
                "official": False,
                "developer_role": False,
                "inline_system": False,
                "max_tokens_field": "max_tokens",
            },
        ),
    ],
)
def test_azure_speaks_openais_words_for_openais_models(model: str, other: dict[str, Any]) -> None:
    assert QUIRK.traits(model, Traits()) == Traits(**{**GIVEN, **other})


def test_it_applies_at_azures_hosts() -> None:
    assert "openai.azure.com" in QUIRK.hosts
