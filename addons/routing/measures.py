"""How fast targets were lately and how often they were asked, for the selectors (§2.5)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from plexus.addons.exchange import Target
from plexus.store.records import HourlyRequests, SpeedSample
from plexus.transforms.value import quickly_made

KEPT: Final = 100  # calls; PLEXUS_PROVIDER_PERFORMANCE_RETENTION_LIMIT
# A plain mean of 100 calls notices a target that turned slow after dozens of them, and its recovery
# after hundreds. Here the latest tenth of those that are kept decides.
_DECIDING: Final = 10
_MOST: Final = 10_000  # targets: clients may invent names of models
_HOUR_S: Final = 3600
_DAY_H: Final = 24


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One successful call; times in s. `ttft_s` of streams only."""

    at: float  # s since 1970
    duration_s: float
    ttft_s: float | None = None
    tokens: int | None = None  # generated ones


@dataclass(slots=True)
class Mean:
    """A mean that forgets: the longer ago a number came, the less it counts."""

    value: float | None = None  # None: no data, which is neither fast nor slow
    count: int = 0  # numbers that it is made of
    at: float | None = None  # s since 1970, when the last one came

    def add(self, number: float, at: float, kept: int) -> None:
        """Take one more number; what lies `kept` numbers back counts for less than 1/20,000."""
        self.at = at
        count, value = self.count, self.value
        if count < kept:
            count = self.count = count + 1
        if value is None:
            self.value = number
            return
        # A plain mean at first; then the latest numbers decide, only the last one if few are kept.
        share = _DECIDING / kept if kept > _DECIDING else 1.0
        if count * share < 1.0:
            share = 1 / count
        self.value = value + (number - value) * share


@dataclass(slots=True, kw_only=True)
class Measured:
    """What is known of one target; grows while selectors hold it."""

    tokens_per_s: Mean = field(default_factory=Mean)  # after the first token
    e2e_tokens_per_s: Mean = field(default_factory=Mean)  # over the whole call
    ttft_s: Mean = field(default_factory=Mean)  # streams only
    samples: int = 0  # successful calls that were measured
    last_sample_at: float | None = None  # s since 1970
    requests_24h: int = 0  # to the full hour
    hours: dict[int, int] = field(default_factory=dict, compare=False)  # since 1970 → requests


class Measures:
    """The latest successful calls per provider and model, and how many it was asked in 24 h."""

    def __init__(self, kept: int = KEPT, clock: Callable[[], float] = time.time) -> None:
        self._kept = kept
        self._clock = clock
        self._known: dict[tuple[str, str], Measured] = {}
        self._hour = 0

    def of(self, provider: str, model: str) -> Measured:
        """Return what is known of a target: always the same object, so that it can be kept."""
        place = (provider, model)
        found = self._known.get(place)
        if found is None:
            found = self._known[place] = Measured()
        return found

    def note(self, target: Target, sample: Sample) -> None:
        """Add a successful call, which was a request too."""
        found = self._kept_for(target.provider.name, target.model.name)
        if found is not None:
            _add_sample(found, sample, self._kept)
            _add_requests(found, int(sample.at) // _HOUR_S, 1)

    def count(self, target: Target) -> None:
        """Add a request that gives no sample, since it failed."""
        found = self._kept_for(target.provider.name, target.model.name)
        if found is not None:
            _add_requests(found, int(self._clock()) // _HOUR_S, 1)

    def tidy(self) -> None:
        """Forget requests older than a day; does something once an hour only."""
        hour = int(self._clock()) // _HOUR_S
        if hour == self._hour:
            return
        self._hour = hour
        for found in self._known.values():
            for old in [h for h in found.hours if h <= hour - _DAY_H]:
                del found.hours[old]
            found.requests_24h = sum(found.hours.values())

    def load(self, samples: Iterable[SpeedSample], requests: Iterable[HourlyRequests] = ()) -> None:
        """Warm up from the ledger; `samples` oldest first, calls that went well only."""
        for row in samples:
            found = self._kept_for(row.provider, row.model)
            if found is not None:
                _add_sample(found, _sample_of(row), self._kept)
        for counted in requests:
            found = self._kept_for(counted.provider, counted.model)
            if found is not None:
                _add_requests(found, counted.hour, counted.requests)

    def _kept_for(self, provider: str, model: str) -> Measured | None:
        found = self._known.get((provider, model))
        if found is None and len(self._known) < _MOST:
            return self.of(provider, model)
        return found


def _add_sample(found: Measured, sample: Sample, kept: int) -> None:
    at, lasted, tokens = sample.at, sample.duration_s, sample.tokens
    found.last_sample_at = at
    if found.samples < kept:
        found.samples += 1
    waited = 0.0
    if sample.ttft_s is not None:
        waited = sample.ttft_s
        found.ttft_s.add(waited, at, kept)
    if tokens is None or tokens <= 0:
        return
    if lasted > waited:
        found.tokens_per_s.add(tokens / (lasted - waited), at, kept)
    if lasted > 0:
        found.e2e_tokens_per_s.add(tokens / lasted, at, kept)


def _add_requests(found: Measured, hour: int, requests: int) -> None:
    found.hours[hour] = found.hours.get(hour, 0) + requests
    found.requests_24h += requests


def _sample_of(row: SpeedSample) -> Sample:
    ttft = row.ttft_ms if row.is_streamed else None
    return Sample(
        at=row.start_time / 1000,
        duration_s=row.duration_ms / 1000,
        ttft_s=None if ttft is None else ttft / 1000,
        tokens=row.tokens_output,
    )
