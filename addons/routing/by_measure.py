"""Selectors that go by what was measured, and look at the others now and then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from plexus.addons.routing.candidate import Candidate
from plexus.addons.routing.measures import Mean, Measured


@dataclass(frozen=True, slots=True, kw_only=True)
class ByMeasure:
    """The best mean first; who has no data comes last, in declared order (dataplane.md §2.5)."""

    name: str
    rate: str  # the setting that says how often to explore, 0 to 1
    mean: Callable[[Measured], Mean]
    is_highest_best: bool
    says: str  # with {:…} where the number goes

    def order(
        self, candidates: Sequence[Candidate], random: Callable[[], float]
    ) -> list[Candidate]:
        """Return the candidates, best mean first."""
        sign = -1.0 if self.is_highest_best else 1.0
        mean = self.mean

        def key(candidate: Candidate) -> float:
            value = mean(candidate.measured).value
            return float("inf") if value is None else sign * value

        return sorted(candidates, key=key)

    def why(self, candidate: Candidate) -> str:
        """Return the mean in words."""
        mean = self.mean(candidate.measured)
        if mean.value is None:
            return "not measured yet, so behind the measured"
        calls = "1 call" if mean.count == 1 else f"{mean.count} calls"
        return f"{self.says.format(mean.value)} over {calls}"

    def explored(
        self, candidates: Sequence[Candidate], random: Callable[[], float]
    ) -> tuple[Candidate, str]:
        """Return whom to ask to learn something, and why: one unknown, else the longest unseen."""
        unknown = [c for c in candidates if self.mean(c.measured).count == 0]
        if unknown:
            return unknown[int(random() * len(unknown))], "explored: not measured yet"
        oldest = min(candidates, key=lambda candidate: _last(self.mean(candidate.measured)))
        return oldest, "explored: measured longest ago"


def _last(mean: Mean) -> float:
    return float("-inf") if mean.at is None else mean.at
