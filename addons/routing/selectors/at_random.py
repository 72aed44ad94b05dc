"""`random`: a uniform shuffle, so that load spreads and failover spreads too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from plexus.addons.exchange import Target
from plexus.addons.routing.selector import Selector


class AtRandom:
    """Every order is equally likely."""

    name: ClassVar[str] = "random"

    def order(self, targets: Sequence[Target], random: Callable[[], float]) -> list[Target]:
        """Return the targets shuffled (Fisher-Yates)."""
        rest = list(targets)
        for last in range(len(rest) - 1, 0, -1):
            pick = int(random() * (last + 1))
            rest[last], rest[pick] = rest[pick], rest[last]
        return rest


SELECTOR: Selector = AtRandom()
