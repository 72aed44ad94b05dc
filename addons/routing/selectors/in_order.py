"""`in_order`: as they are declared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from plexus.addons.exchange import Target
from plexus.addons.routing.selector import Selector


class InOrder:
    """The first target until it fails, then the second, …"""

    name: ClassVar[str] = "in_order"

    def order(self, targets: Sequence[Target], random: Callable[[], float]) -> list[Target]:
        """Return the targets as declared."""
        return list(targets)


SELECTOR: Selector = InOrder()
