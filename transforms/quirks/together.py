"""Together: open models; thinking is a switch, but for OpenAI's open ones.

Tool ids like `functions.get:0` and the finish reason `eos` are the decoder's (wire-formats.md §5).
"""

from __future__ import annotations

from dataclasses import replace

from plexus.transforms.codec import Traits
from plexus.transforms.families import LOW_TO_HIGH, efforts
from plexus.transforms.quirk import Facts, Family, Quirk


def _given(traits: Traits) -> Traits:
    return replace(traits, effort="reasoning", efforts=())  # dataplane.md §5.9


QUIRK: Quirk = Facts(
    name="together",
    hosts=("api.together.xyz", "api.together.ai"),
    dialects=("chat",),
    given=_given,
    families=(Family(models="gpt-oss", given=efforts(*LOW_TO_HIGH)),),
)
