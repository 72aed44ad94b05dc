"""How fast targets were lately, for the selectors (dataplane.md §2.5)."""

from __future__ import annotations

from dataclasses import dataclass

from plexus.addons.exchange import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One successful call; times in s. `ttft_s` of streams only."""

    at: float  # s since 1970
    duration_s: float
    ttft_s: float | None = None
    tokens: int | None = None  # generated ones


class Measures:
    """The latest samples per provider and model, and how many calls each had in 24 h."""

    def note(self, target: Target, sample: Sample) -> None:
        """Add the sample of a successful call."""
