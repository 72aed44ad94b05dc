"""Count the calls under way per provider and per model, and keep them below their limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from plexus.addons.exchange import Target


class Slots:
    """The calls under way in this process (dataplane.md §2.9)."""

    def __init__(self) -> None:
        self._taken: Counter[tuple[str, str]] = Counter()

    def full(self, target: Target) -> str | None:
        """Return which limit leaves no room for one more call to the target, if one does."""
        for key, limit in _limits(target):
            if self._taken[key] >= limit:
                return f"concurrency limit of {limit} reached for {'/'.join(filter(None, key))}"
        return None

    def take(self, target: Target) -> Callable[[], None]:
        """Count one more call; return how to end it, which may be called more than once."""
        if target.provider.max_concurrency is None and target.model.max_concurrency is None:
            return _nothing
        keys = [key for key, _ in _limits(target)]
        self._taken.update(keys)

        def release() -> None:
            while keys:
                self._taken[keys.pop()] -= 1

        return release

    def taken(self, provider: str, model: str = "") -> int:
        """Return how many calls are under way, for a provider or for its model.

        Only what has a limit is counted.
        """
        return self._taken[provider, model]


def _nothing() -> None:
    """End a call that was not counted, since nothing limits it."""


def _limits(target: Target) -> Iterator[tuple[tuple[str, str], int]]:
    provider, model = target.provider, target.model
    if provider.max_concurrency is not None:
        yield (provider.name, ""), provider.max_concurrency
    if model.max_concurrency is not None:
        yield (provider.name, model.name), model.max_concurrency
