"""Gemini's families in Google's own dialect."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.codec import Traits
from plexus.transforms.quirks.google import QUIRK

THIRD = {
    "thinking": "level",
    "thought_signatures": True,
    "result_media": True,
    "mixed_tools": True,
}


@pytest.mark.parametrize(
    ("model", "other"),
    [
        ("gemini-1.5-flash", {"thinking": None, "image_urls": False}),
        ("models/gemini-2.0-flash-exp", {"thinking": None, "image_urls": False}),
        ("gemma-3-27b-it", {"thinking": None, "image_urls": False}),
        ("gemini-2.5-flash-image", {"thinking": None}),
        ("gemini-2.5-flash-lite-preview-06-17", {}),
        ("gemini-2.5-pro", {}),
        ("gemini-3-pro-preview", THIRD),
        ("gemini-3.5-flash", THIRD),
        ("gemini-flash-latest", THIRD),
        ("tunedModels/mine", THIRD),
    ],
)
def test_what_geminis_families_take(model: str, other: dict[str, Any]) -> None:
    assert QUIRK.traits(model, Traits()) == Traits(official=True, **other)


def test_it_speaks_of_its_own_dialect_only() -> None:
    assert QUIRK.hosts == ("generativelanguage.googleapis.com",)
    assert QUIRK.dialects == ("gemini",)
