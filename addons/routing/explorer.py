"""Measure targets in the background that no call has measured lately (dataplane.md §2.5).

Only those of aliases that calls are planned for, so that an idle gateway spends nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Final

from plexus.addons.exchange import Target
from plexus.addons.routing.by_measure import ByMeasure
from plexus.addons.routing.candidate import Candidate
from plexus.addons.routing.cooldowns import Cooldowns
from plexus.addons.routing.found import Found
from plexus.config.snapshot import Snapshot
from plexus.transforms.errors import GatewayError
from plexus.transforms.wire import count_at, number_at, object_at

_LOOK_EVERY_S: Final = 1.0  # planning is not the place to compare the times of every call

log = logging.getLogger(__name__)

type Probe = Callable[[Target], Awaitable[None]]
type Start = Callable[[Coroutine[None, None, None], str], None]
type Place = tuple[str, str]  # provider and model


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplorationRules:
    """The `backgroundExploration` section."""

    enabled: bool = False
    stale_after_s: float = 600.0
    workers: int = 2


def rules_of(snapshot: Snapshot) -> ExplorationRules:
    """Return the rules that a configuration sets."""
    section = object_at(snapshot.sections, "backgroundExploration") or {}
    stale_after = number_at(section, "stalenessThresholdSeconds")
    workers = count_at(section, "workerConcurrency")
    return ExplorationRules(
        enabled=section.get("enabled") is True,
        stale_after_s=600.0 if stale_after is None else stale_after,
        workers=2 if workers is None else workers,
    )


def stale(found: Found, *, before: float, started: float) -> Iterator[Candidate]:
    """Yield the candidates that a measuring selector chooses among and that nobody measured lately.

    Lately is after `before`; what was never measured counts as measured at `started`, as does what
    was measured earlier still. Both in s since 1970.
    """
    for section in found.sections:
        if not isinstance(section.selector, ByMeasure):
            continue
        for candidate in section.candidates:
            at = section.selector.mean(candidate.measured).at
            if (started if at is None else max(at, started)) < before:
                yield candidate


class Explorer:
    """Probes targets, a few at a time.

    `probe` makes one call to a target, to its end, and books what comes of it; it may raise
    `GatewayError`. `start` runs it beside the calls; `clock` gives s since 1970.
    """

    def __init__(
        self, probe: Probe, start: Start, cooldowns: Cooldowns, clock: Callable[[], float]
    ) -> None:
        self._probe = probe
        self._start = start
        self._cooldowns = cooldowns
        self._clock = clock
        self._started = clock()
        self._looked: dict[str, float] = {}  # by alias
        self._probed: dict[Place, float] = {}
        self._waiting: dict[Place, Target] = {}
        self._workers = 1
        self._busy = 0

    def consider(self, found: Found, rules: ExplorationRules) -> None:
        """Look whom of an alias that a call was just planned for it is time to measure."""
        if not rules.enabled or found.alias is None:
            return
        now = self._clock()
        if now - self._looked.get(found.alias.name, 0.0) < _LOOK_EVERY_S:
            return
        self._looked[found.alias.name] = now
        before = now - rules.stale_after_s
        for candidate in stale(found, before=before, started=self._started):
            self._want(candidate.target, before)
        self._workers = rules.workers
        self._begin()

    def _want(self, target: Target, before: float) -> None:
        place = (target.provider.name, target.model.name)
        if self._probed.get(place, self._started) < before and not self._cooldowns.blocked(target):
            self._waiting[place] = target

    def _begin(self) -> None:
        while self._waiting and self._busy < self._workers:
            place = next(iter(self._waiting))
            target = self._waiting.pop(place)
            self._probed[place] = self._clock()
            self._busy += 1
            self._start(self._try(target), f"explore {target.name}")

    async def _try(self, target: Target) -> None:
        try:
            await self._probe(target)
        except GatewayError as error:  # it is booked; nobody waits for an answer
            log.info("exploration.failed target=%s reason=%s", target.name, error)
        except asyncio.CancelledError:  # the gateway ends
            self._waiting.clear()
            raise
        finally:
            self._busy -= 1
            self._begin()
