"""`random`: a uniform shuffle, so that load spreads and failover spreads too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from plexus.addons.routing.candidate import Candidate
from plexus.addons.routing.selector import Selector


class AtRandom:
    """Every order is equally likely."""

    name: ClassVar[str] = "random"

    def order(
        self, candidates: Sequence[Candidate], random: Callable[[], float]
    ) -> list[Candidate]:
        """Return the candidates shuffled (Fisher-Yates)."""
        rest = list(candidates)
        for last in range(len(rest) - 1, 0, -1):
            pick = int(random() * (last + 1))
            rest[last], rest[pick] = rest[pick], rest[last]
        return rest

    def why(self, candidate: Candidate) -> str:
        """There is nothing to say."""
        return ""


SELECTOR: Selector = AtRandom()
