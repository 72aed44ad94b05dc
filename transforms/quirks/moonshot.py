"""Moonshot: Kimi's models want their reasoning back on the turns that called tools.

Without it: 400 "thinking is enabled but reasoning_content is missing in assistant tool call
message". A forced tool call is refused while they think.
"""

from __future__ import annotations

from dataclasses import replace

from plexus.transforms.codec import Traits
from plexus.transforms.quirk import Facts, Family, Quirk


def _given(traits: Traits) -> Traits:
    return replace(traits, effort=None)


def _switched(traits: Traits) -> Traits:
    return replace(_tireless(traits), effort="thinking", efforts=())


def _tireless(traits: Traits) -> Traits:
    return replace(
        traits,
        reasoning_field="reasoning_content",
        reasoning_turns="calls",
        reasoning_required=True,
        forced_tools="at_rest",
    )


QUIRK: Quirk = Facts(
    name="moonshot",
    hosts=("api.moonshot.ai", "api.moonshot.cn"),
    dialects=("chat",),
    given=_given,
    families=(
        Family(models="kimi-.*thinking", given=_tireless),
        Family(models=r"kimi-k(2\.[5-9]|[3-9])", given=_switched),
    ),
)
