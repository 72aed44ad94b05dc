"""Fireworks: open models whose thoughts come and go as `reasoning_content`."""

from __future__ import annotations

from dataclasses import replace

from plexus.transforms.codec import Traits
from plexus.transforms.families import LOW_TO_HIGH, efforts
from plexus.transforms.quirk import Facts, Family, Quirk


def _given(traits: Traits) -> Traits:
    return replace(traits, reasoning_field="reasoning_content")  # Fireworks docs, reasoning


QUIRK: Quirk = Facts(
    name="fireworks",
    hosts=("api.fireworks.ai",),
    dialects=("chat",),
    given=_given,
    families=(
        Family(models="gpt-oss|kimi-", given=efforts(*LOW_TO_HIGH)),
        Family(models="glm-[5-9]", given=efforts("none", "high", "max")),
        Family(models="deepseek-v[4-9]", given=efforts("none", *LOW_TO_HIGH, "xhigh", "max")),
    ),
)
