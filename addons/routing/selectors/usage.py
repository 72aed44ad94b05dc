"""`usage`: who was asked least in the last 24 hours comes first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from plexus.addons.routing.candidate import Candidate
from plexus.addons.routing.selector import Selector


class Usage:
    """Spreads calls evenly, whatever was asked for before."""

    name: ClassVar[str] = "usage"

    def order(
        self, candidates: Sequence[Candidate], random: Callable[[], float]
    ) -> list[Candidate]:
        """Return the candidates, fewest requests first."""
        return sorted(candidates, key=_requests)

    def why(self, candidate: Candidate) -> str:
        """Return the count in words."""
        count = candidate.measured.requests_24h
        return f"{count} request{'' if count == 1 else 's'} in 24 h"


def _requests(candidate: Candidate) -> int:
    return candidate.measured.requests_24h


SELECTOR: Selector = Usage()
