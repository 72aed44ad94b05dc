"""`in_order`: as they are declared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from plexus.addons.routing.candidate import Candidate
from plexus.addons.routing.selector import Selector


class InOrder:
    """The first target until it fails, then the second, …"""

    name: ClassVar[str] = "in_order"

    def order(
        self, candidates: Sequence[Candidate], random: Callable[[], float]
    ) -> list[Candidate]:
        """Return the candidates as declared."""
        return list(candidates)

    def why(self, candidate: Candidate) -> str:
        """There is nothing to say."""
        return ""


SELECTOR: Selector = InOrder()
