"""Candidates for selectors, and a random number generator that is the same in every run."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from plexus.addons.routing.candidate import Candidate
from plexus.addons.routing.measures import Mean, Measured
from plexus.addons.routing.selector import Selector
from tests.addons.factories import target


def candidate(name: str = "acme/fast", **other: Any) -> Candidate:
    made = target(name)
    return Candidate(**{"target": made, "keyed": (made,), **other})


def measured(**means: float | None) -> Measured:
    """Each mean over three calls, the last one at second 1,000."""
    return Measured(
        **{
            name: Mean() if value is None else Mean(value, 3, 1000.0)
            for name, value in means.items()
        }
    )


def chosen(selector: Selector, *candidates: Candidate) -> list[str]:
    """The names in the selector's order."""
    return [c.target.name for c in selector.order(candidates, seeded())]


def seeded(seed: int = 1) -> Callable[[], float]:
    return Random(seed).random
