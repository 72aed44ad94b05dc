"""LM Studio: models on one's own machine, which fetches no pictures."""

from __future__ import annotations

from dataclasses import replace

from plexus.transforms.codec import Traits
from plexus.transforms.families import LOW_TO_HIGH, efforts
from plexus.transforms.quirk import Facts, Family, Quirk


def _given(traits: Traits) -> Traits:
    return replace(traits, image_urls=False, inline_system=False, effort=None)


QUIRK: Quirk = Facts(
    name="lmstudio",
    dialects=("chat",),
    given=_given,
    families=(Family(models="gpt-oss", given=efforts(*LOW_TO_HIGH)),),
)
