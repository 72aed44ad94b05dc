"""Which candidates can be asked right now: neither resting nor full, and open to the key (§2.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Final

from plexus.addons.exchange import Target
from plexus.addons.routing.candidate import Candidate
from plexus.addons.routing.health import Health
from plexus.addons.routing.policy import allows_provider, restricts_providers
from plexus.config.snapshot import Key
from plexus.transforms.errors import GatewayError, Kind

BUSY_RETRY_S = 1.0  # when a slot may be free again
_IS_LIMITED: Final = attrgetter("is_limited")


def is_open(health: Health, key: Key | None, *, is_forgiving: bool) -> bool:
    """Whether a sieve would hold nobody back, whoever they are, unless their calls are limited."""
    if key is not None and restricts_providers(key):
        return False
    return is_forgiving or health.cooldowns.is_quiet


@dataclass(slots=True, kw_only=True)
class Sieve:
    """Sorts the candidates of one call; says why of those that it holds back."""

    health: Health
    key: Key | None
    skipped: list[str]
    is_forgiving: bool = False  # lets the resting and the full through
    _narrowed: dict[Candidate, Sequence[Target]] = field(default_factory=dict)
    _resting: list[Target] = field(default_factory=list)
    _full: int = 0
    _others: int = 0  # held back for good

    def kept(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """Return those that can be asked, with at least one of their keys."""
        if is_open(self.health, self.key, is_forgiving=self.is_forgiving) and (
            self.is_forgiving or not any(map(_IS_LIMITED, candidates))
        ):
            return candidates
        return [candidate for candidate in candidates if self._passes(candidate)]

    def keyed(self, candidate: Candidate) -> Sequence[Target]:
        """Return the candidate with each of its keys that does not rest."""
        if not self._narrowed:
            return candidate.keyed
        return self._narrowed.get(candidate, candidate.keyed)

    def refusal(self, requested: str) -> GatewayError:
        """Return the error for a call that nobody is left for."""
        told = "; ".join(self.skipped) or "it has no targets"
        if self._full and not self._resting and not self._others:
            return GatewayError(
                Kind.RATE_LIMITED,
                f"no target of {requested!r} has room for one more call: {told}",
                where="model",
                code="concurrency_exceeded",
                retry_after=BUSY_RETRY_S,
            )
        return GatewayError(
            Kind.UNAVAILABLE,
            f"no target of {requested!r} can be used: {told}",
            where="model",
            retry_after=self._soonest(),
        )

    def _passes(self, candidate: Candidate) -> bool:
        target = candidate.target
        if self.key is not None and not allows_provider(self.key, target.provider.name):
            self.skipped.append(f"{target.name}: not for this key")
            self._others += 1
            return False
        if self.is_forgiving:
            return True
        if not target.provider.disable_cooldown and not self._is_rested(candidate):
            return False
        if candidate.is_limited and (reason := self.health.slots.full(target)) is not None:
            self.skipped.append(f"{target.name}: {reason}")
            self._full += 1
            return False
        return True

    def _is_rested(self, candidate: Candidate) -> bool:
        blocked = self.health.cooldowns.blocked
        if len(candidate.keyed) == 1:
            reason = blocked(candidate.target)
            if reason is not None:
                self._rests(candidate.target, candidate.target.name, reason)
            return reason is None
        awake = []
        for number, target in enumerate(candidate.keyed, 1):
            reason = blocked(target)
            if reason is None:
                awake.append(target)
            else:
                self._rests(target, f"{target.name}, key {number}", reason)
        if len(awake) < len(candidate.keyed):
            self._narrowed[candidate] = awake
        return bool(awake)

    def _rests(self, target: Target, name: str, reason: str) -> None:
        self.skipped.append(f"{name}: {reason}")
        self._resting.append(target)

    def _soonest(self) -> float | None:
        waits = [self.health.cooldowns.remaining_s(target) for target in self._resting]
        if self._full:
            waits.append(BUSY_RETRY_S)
        return min((wait for wait in waits if wait is not None), default=None)
