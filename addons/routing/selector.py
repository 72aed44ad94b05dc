"""What a selector is: it puts the targets of a group in order of preference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Protocol

from plexus.addons.exchange import Target


class Selector(Protocol):
    """Orders targets; all of them come back, so that failover can go on."""

    name: ClassVar[str]

    def order(self, targets: Sequence[Target], random: Callable[[], float]) -> list[Target]:
        """Return `targets` best first; `random` yields numbers from 0 up to 1."""
        ...
