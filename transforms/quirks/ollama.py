"""Ollama: models on one's own machine, which fetches no pictures.

It applies at Ollama's cloud unasked; for a local server, name it. Indexes that are always 0,
arguments that are objects and `<think>` in the text are the decoder's (wire-formats.md §5).
"""

from __future__ import annotations

from dataclasses import replace

from plexus.transforms.codec import Traits
from plexus.transforms.families import LOW_TO_HIGH
from plexus.transforms.quirk import Facts, Quirk


def _given(traits: Traits) -> Traits:
    # ollama/0007: takes thoughts back as `reasoning`.
    return replace(
        traits,
        image_urls=False,
        reasoning_field="reasoning",
        efforts=("none", *LOW_TO_HIGH),
    )


QUIRK: Quirk = Facts(name="ollama", hosts=("ollama.com",), dialects=("chat",), given=_given)
