"""xAI: Grok's models, most of which think without being told how much.

Their thoughts come and go as `reasoning_content` (xai/0014). Those that think refuse penalties and
stop sequences (xAI docs, reasoning). Errors are `{code, error: "text"}`: the decoder's.
"""

from __future__ import annotations

from dataclasses import replace

from plexus.transforms.codec import Traits
from plexus.transforms.families import LOW_TO_HIGH, efforts, thoughtless
from plexus.transforms.quirk import Facts, Family, Quirk

_REFUSES = frozenset({"frequency_penalty", "presence_penalty", "stop"})


def _given(traits: Traits) -> Traits:
    # xAI docs, chat: roles may stand in any order.
    return replace(traits, reasoning_field="reasoning_content", inline_system=True)


QUIRK: Quirk = Facts(
    name="xai",
    hosts=("api.x.ai",),
    dialects=("chat", "responses"),
    given=_given,
    families=(
        Family(models="grok-3-mini", given=efforts("low", "high"), refuses=_REFUSES),
        Family(models="grok-[23]|grok.*non-reasoning", given=thoughtless),
        Family(models=r"grok-4\.3", given=efforts("none", *LOW_TO_HIGH), refuses=_REFUSES),
        Family(models=r"grok-(4(-|$)|4\.20|code)", given=thoughtless, refuses=_REFUSES),
        Family(models="grok", given=efforts(*LOW_TO_HIGH), refuses=_REFUSES),
    ),
)
