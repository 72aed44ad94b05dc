"""What selectors choose among: a target with what it costs and how it did lately."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Final

from plexus.addons.exchange import Target
from plexus.addons.metering.pricing import price
from plexus.addons.routing.measures import Measured
from plexus.config.snapshot import Model
from plexus.transforms.ir import Usage

# dataplane.md §2.5: what the selector `cost` compares.
_TYPICAL: Final = Usage(input=1000, output=500)

_MOST: Final = 4096  # labels that are kept


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """A target that a selector may put anywhere; lives as long as its configuration."""

    target: Target  # with its provider's first key
    cost: float | None = None  # USD for 1,000 tokens in and 500 out; None: unknown
    measured: Measured = field(default_factory=Measured)  # live
    keyed: tuple[Target, ...] = ()  # the target with each of its provider's keys
    is_limited: bool = False  # in how many calls may be under way


class Labelled:
    """Targets with their reasons; most calls repeat those of an earlier one, and making is slow."""

    def __init__(self) -> None:
        self._made: dict[tuple[Candidate, str], Target] = {}

    def of(self, candidate: Candidate, target: Target, reason: str) -> Target:
        """Return `target`, which is one of `candidate.keyed`, with a reason that tells its key."""
        made = self._made.get((candidate, reason))
        if made is None:
            if len(self._made) >= _MOST:
                self._made.clear()
            made = self._made[candidate, reason] = replace(target, reason=reason)
        return made

    def __len__(self) -> int:
        return len(self._made)


def typical_cost(model: Model) -> float | None:
    """Return the USD for 1,000 tokens in and 500 out, discounts applied; `None`: unknown."""
    return price(_TYPICAL, model.pricing_at(round(time.time() * 1000))).total
