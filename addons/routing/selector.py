"""What a selector is: it puts the targets of a group in order of preference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from plexus.addons.routing.candidate import Candidate


class Selector(Protocol):
    """Orders candidates; all of them come back, so that failover can go on."""

    @property
    def name(self) -> str:
        """What configurations call it."""
        ...

    def order(
        self, candidates: Sequence[Candidate], random: Callable[[], float]
    ) -> list[Candidate]:
        """Return `candidates` best first, equals as declared; `random` yields from 0 up to 1."""
        ...

    def why(self, candidate: Candidate) -> str:
        """Say what its place comes from, for people: "0.42 s to the first token"; may be empty."""
        ...
