"""`cost`: the cheapest first, by the price of 1,000 tokens in and 500 out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from plexus.addons.routing.candidate import Candidate
from plexus.addons.routing.selector import Selector


class Cost:
    """Who has no known price comes last: unknown is not free."""

    name: ClassVar[str] = "cost"

    def order(
        self, candidates: Sequence[Candidate], random: Callable[[], float]
    ) -> list[Candidate]:
        """Return the candidates, cheapest first."""
        return sorted(candidates, key=_price)

    def why(self, candidate: Candidate) -> str:
        """Return the price in words."""
        if candidate.cost is None:
            return "price unknown, so behind known ones"
        return f"${candidate.cost:.8f}".rstrip("0").rstrip(".") + " for 1,000 tokens in, 500 out"


def _price(candidate: Candidate) -> float:
    return float("inf") if candidate.cost is None else candidate.cost


SELECTOR: Selector = Cost()
