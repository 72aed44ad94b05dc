"""Take turns among the keys of a provider (`api_keys`), so that each bears its share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from plexus.addons.exchange import Target


class Rotation:
    """Whose turn it is, per provider."""

    def __init__(self) -> None:
        self._turns: Counter[str] = Counter()

    def rotated(self, targets: Sequence[Target]) -> Sequence[Target]:
        """Return the keyed variants of one target, beginning with the key whose turn it is."""
        if len(targets) < 2:
            return targets
        turn = self._turns[targets[0].provider.name] % len(targets)
        return (*targets[turn:], *targets[:turn])

    def used(self, target: Target) -> None:
        """Pass the turn on: a call is about to go to this target's provider."""
        if len(target.provider.api_keys) > 1:
            self._turns[target.provider.name] += 1
