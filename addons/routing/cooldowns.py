"""Which targets rest after a failure, and for how long (dataplane.md §4)."""

from __future__ import annotations

from collections.abc import Callable

from plexus.addons.exchange import Target
from plexus.transforms.errors import GatewayError


class Cooldowns:
    """In memory, keyed by provider, model and credential; `clock` gives s since 1970."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock

    def blocked(self, target: Target) -> str | None:
        """Return why the target must not be asked now, if it rests."""
        return None

    def failed(self, target: Target, error: GatewayError, started: float) -> None:
        """Take note of a failure that calls for a rest; `started`: when the attempt began."""

    def succeeded(self, target: Target, started: float) -> None:
        """Take note of a success."""
