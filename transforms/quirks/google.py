"""Google's Gemini in its own dialect: which model thinks how, and what Gemini 3 demands."""

from __future__ import annotations

from dataclasses import replace

from plexus.transforms.codec import Traits
from plexus.transforms.quirk import Facts, Family, Quirk


def _third(traits: Traits) -> Traits:
    # wire-formats.md §4.1, §4.8: levels; calls without a signature are refused.
    return replace(
        traits,
        official=True,
        thinking="level",
        thought_signatures=True,
        result_media=True,
        mixed_tools=True,
    )


def _second(traits: Traits) -> Traits:
    return replace(traits, official=True, thinking="budget")


def _first(traits: Traits) -> Traits:
    # External pictures are not for Gemini 2.0 (Google's docs, file input methods).
    return replace(traits, official=True, thinking=None, image_urls=False)


def _drawing(traits: Traits) -> Traits:
    return replace(traits, official=True, thinking=None)


QUIRK: Quirk = Facts(
    name="google",
    hosts=("generativelanguage.googleapis.com",),
    dialects=("gemini",),
    families=(
        Family(models=r"gemini-(1\.|2\.0|pro$|exp)|gemma|learnlm", given=_first),
        Family(models=r"gemini-2\.5-flash-image", given=_drawing),
        Family(models=r"gemini-2\.5|gemini-robotics", given=_second),
        Family(models="", given=_third),
    ),
    web_search={"googleSearch": {}},
)
