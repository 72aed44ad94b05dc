"""Gemini behind Google's OpenAI-compatible endpoint.

A call's signature stands in `extra_content.google`, and Gemini 3 demands it back. Empty call ids,
the finish reason `stop` of a call and errors in an array are the decoder's (wire-formats.md §5).
"""

from __future__ import annotations

from dataclasses import replace

from plexus.transforms.codec import Traits
from plexus.transforms.families import LOW_TO_HIGH
from plexus.transforms.quirk import Facts, Family, Quirk


def _third(traits: Traits) -> Traits:
    return replace(
        traits,
        call_seals=True,
        thought_signatures=True,
        efforts=("minimal", *LOW_TO_HIGH),
    )


def _third_pro(traits: Traits) -> Traits:
    return replace(_third(traits), efforts=LOW_TO_HIGH)


def _first_third_pro(traits: Traits) -> Traits:
    return replace(_third(traits), efforts=("low", "high"))


def _flash(traits: Traits) -> Traits:
    return replace(traits, call_seals=True, efforts=("none", "minimal", *LOW_TO_HIGH))


def _pro(traits: Traits) -> Traits:
    return replace(traits, call_seals=True, efforts=("minimal", *LOW_TO_HIGH))


def _thoughtless(traits: Traits) -> Traits:
    return replace(traits, effort=None)


QUIRK: Quirk = Facts(
    name="gemini_openai",
    hosts=("generativelanguage.googleapis.com",),
    dialects=("chat",),
    families=(
        Family(models=r"gemini-(1\.|2\.0)|gemma", given=_thoughtless),
        Family(models=r"gemini-2\.5-pro", given=_pro),
        Family(models=r"gemini-2\.5", given=_flash),
        Family(models=r"gemini-3-pro", given=_first_third_pro),
        Family(models=r"gemini-3\.\d+-pro", given=_third_pro),
        Family(models="", given=_third),
    ),
)
