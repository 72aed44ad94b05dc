"""Anthropic itself: the owner of the messages dialect."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import ClassVar, Final

from plexus.transforms.codec import Traits
from plexus.transforms.quirk import Quirk

# Models before 4.6 think within a token budget; later ones adapt (Anthropic docs, extended thinking).
_BUDGET: Final = re.compile(r"claude-(3|instant|2|(opus|sonnet|haiku)-4($|-[0-5]($|-)|-\d{8}))")


class Anthropic:
    """Takes mid-conversation system messages and adaptive thinking on its newer models only."""

    name: ClassVar[str] = "anthropic"
    hosts: ClassVar[tuple[str, ...]] = ("api.anthropic.com",)

    def traits(self, model: str, traits: Traits) -> Traits:
        """Return the traits of a Claude model."""
        budget = _BUDGET.match(model) is not None
        return replace(
            traits,
            official=True,
            inline_system=not budget,
            thinking="budget" if budget else "adaptive",
        )


QUIRK: Quirk = Anthropic()
