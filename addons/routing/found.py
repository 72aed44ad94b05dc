"""What the name of a model leads to, as far as the configuration alone says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from plexus.addons.exchange import Plan
from plexus.addons.routing.candidate import Candidate
from plexus.addons.routing.filters import Tier
from plexus.addons.routing.selector import Selector
from plexus.addons.routing.selectors.at_random import AtRandom
from plexus.addons.routing.selectors.cost import Cost
from plexus.addons.routing.selectors.in_order import InOrder
from plexus.config.snapshot import Alias


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A group, or a target that needs none: what one selector orders."""

    says: str  # how reasons begin
    selector: Selector | None  # None: there is nothing to choose
    tiers: tuple[Tier, ...]

    @property
    def candidates(self) -> Iterator[Candidate]:
        """All of them, in declared order."""
        return (candidate for tier in self.tiers for candidate in tier.candidates)


@dataclass(slots=True, kw_only=True)
class Found:
    """What a model name leads to; `alias` is `None` where it is no alias.

    `usual` is the plan of a settled name while nobody rests, once it was made.
    """

    alias: Alias | None
    sections: tuple[Section, ...]
    skipped: tuple[str, ...] = ()
    is_settled: bool = False
    usual: Plan | None = None

    @property
    def candidates(self) -> Iterator[Candidate]:
        """All of them, in declared order."""
        return (candidate for section in self.sections for candidate in section.candidates)


def is_settled(alias: Alias, sections: Sequence[Section]) -> bool:
    """Whether all calls get the same plan while nobody rests: no limits, no turns, no draws."""
    return not alias.sticky_session and all(map(_is_fixed, sections))


def _is_fixed(section: Section) -> bool:
    if any(one.is_limited or len(one.keyed) > 1 for one in section.candidates):
        return False
    if isinstance(section.selector, AtRandom):
        return all(len(tier.candidates) < 2 for tier in section.tiers)
    return isinstance(section.selector, InOrder | Cost)
