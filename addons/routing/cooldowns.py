"""Which targets rest after a failure, and for how long (dataplane.md §4)."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from plexus.addons.exchange import Target
from plexus.addons.routing import rest
from plexus.addons.routing.rest import RestRules
from plexus.addons.routing.rests import Clock, Entry, Place, Rests
from plexus.store.cooldowns import MOST
from plexus.store.records import CooldownRecord
from plexus.transforms.error_text import cap, mask
from plexus.transforms.errors import GatewayError

COUNT_KEPT_S: Final = 24 * 3600.0  # after so long a peace a failure is a first one again
_NEVER: Final = -math.inf
_NOTABLE_S: Final = 1.0  # by how much a rest must grow to be worth telling
_SHOWN_CHARS: Final = 160  # of the last error, in the reason why a target is left out

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resting:
    """One rest under way, for people."""

    place: Place
    expires_at: float  # s since 1970
    remaining_s: float
    failures: int
    last_error: str
    credential_problem: bool


class Cooldowns:
    """In memory, keyed by provider, model and credential; `clock` gives s since 1970.

    The monotonic clock decides; the other one is only for what others read (§4.7). `rules` is
    asked at each failure, so that a changed configuration takes effect.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        rules: Callable[[], RestRules] = RestRules,
        monotonic: Clock = time.monotonic,
    ) -> None:
        self._clock = clock
        self._rules = rules
        self._monotonic = monotonic
        self._rests = Rests(clock, monotonic)
        self._succeeded: dict[tuple[str, str, str], float] = {}  # by place

    @property
    def is_quiet(self) -> bool:
        """Whether nothing rests, so that no target needs to be asked about."""
        return not self._rests

    def blocked(self, target: Target) -> str | None:
        """Return why the target must not be asked now, if it rests."""
        if not self._rests:
            return None
        now = self._monotonic()
        entry = self._longest(target, now)
        if entry is None:
            return None
        failures = f" after {entry.failures} failure{'s'[: entry.failures - 1]}"
        why = f" ({cap(entry.last_error, _SHOWN_CHARS)})" if entry.last_error else ""
        wait = math.ceil(entry.until - now)
        return f"on cooldown for {wait} s{failures if entry.failures else ''}{why}"

    def remaining_s(self, target: Target) -> float | None:
        """Return the seconds until the target may be asked again; `None`: it may be asked now."""
        if not self._rests:
            return None
        now = self._monotonic()
        entry = self._longest(target, now)
        return None if entry is None else entry.until - now

    def failed(self, target: Target, error: GatewayError, started: float) -> None:
        """Take note of a failure; `started`: when the attempt began, by the monotonic clock.

        Nothing happens unless the failure calls for a rest. Attempts that were under way when a
        failure was recorded, or a success, do not raise the count: it is the same outage, or over.
        """
        if target.provider.disable_cooldown or not rest.calls_for_rest(error):
            return
        credential = target.credential if rest.is_about_credential(error) else ""
        place = Place(target.provider.name, target.model.name, credential)
        before = self._rests.get(place)
        entry = self._after(before, error, is_counted=self._is_news(place, before, started))
        if entry is None:
            return
        self._rests.put(place, entry)
        log.warning(
            "cooldown.began target=%r kind=%s status=%s failures=%d for_s=%.0f",
            target.name, error.kind.value, error.upstream_status, entry.failures,
            entry.until - entry.failed_at,
        )  # fmt: skip

    def succeeded(self, target: Target, started: float) -> None:
        """Take note of a success: it ends rests and counts, unless they began after it did."""
        provider, model, credential = target.provider.name, target.model.name, target.credential
        now = self._monotonic()
        self._remember_success((provider, model, ""), now)
        if credential:
            self._remember_success((provider, model, credential), now)
        if self._rests:
            self._end_rests(target, started)

    def put_to_rest(self, provider: str, seconds: float, why: str, *, model: str = "") -> None:
        """Keep calls away from a provider, or from its model, until the time is over.

        For operators and quota checkers: a success does not end it, `clear` does.
        """
        now, reason = self._monotonic(), mask(why)[: rest.ERROR_CHARS]
        entry = Entry(until=now + seconds, failures=0, failed_at=now, last_error=reason)
        self._rests.put(Place(provider, model, ""), entry)

    def clear(self, provider: str | None = None, model: str | None = None) -> int:
        """End rests and forget failures, all or of what is named; return how many.

        Names are compared whole; `model` "" is the provider-wide rest alone.
        """
        chosen = [
            place
            for place, _ in self._rests.all()
            if provider in {None, place.provider} and model in {None, place.model}
        ]
        for place in chosen:
            self._rests.end(place)
        return len(chosen)

    def prune(self) -> None:
        """Forget what has no effect any more: rests of exempt providers, counts of long ago."""
        exempt = self._rules().exempt
        long_ago = self._monotonic() - COUNT_KEPT_S
        for place, entry in list(self._rests.all()):
            if place.provider in exempt:
                self._rests.end(place)
            elif entry.until < long_ago:
                self._rests.forget(place)

    def entries(self) -> list[Resting]:
        """Return the rests under way, by provider, model and credential."""
        now, wall = self._monotonic(), self._clock()
        return [
            Resting(
                place=place,
                expires_at=wall + entry.until - now,
                remaining_s=entry.until - now,
                failures=entry.failures,
                last_error=entry.last_error,
                credential_problem=entry.credential_problem,
            )
            for place, entry in sorted(self._rests.all(), key=lambda found: found[0])
            if entry.until > now
        ]

    def unsaved(self) -> list[CooldownRecord]:
        """Return what changed here and was not found in the store yet."""
        return self._rests.unsaved()

    def adopt(self, records: Collection[CooldownRecord], us: str = "") -> None:
        """Take over what the store knows better; it calls this gateway `us`."""
        now = self._monotonic()
        for place in self._rests.adopt(records, us):
            self._remember_success(place, now)  # another gateway's, or an operator's word

    def _end_rests(self, target: Target, started: float) -> None:
        for credential in {"", target.credential}:
            place = Place(target.provider.name, target.model.name, credential)
            entry = self._rests.get(place)
            if entry is not None and entry.failures and entry.failed_at < started:
                self._rests.end(place)
                log.info("cooldown.ended target=%r failures=%d", target.name, entry.failures)

    def _longest(self, target: Target, now: float) -> Entry | None:
        if target.provider.disable_cooldown:
            return None
        provider, model = target.provider.name, target.model.name
        wide, narrow = self._rests.at(provider, ""), self._rests.at(provider, model)
        if wide is None and narrow is None:
            return None
        found = [(wide or {}).get(""), (narrow or {}).get("")]
        if narrow is not None and target.api_key is not None:
            found.append(narrow.get(target.credential))
        entries = [entry for entry in found if entry is not None and entry.until > now]
        return max(entries, key=lambda entry: entry.until, default=None)

    def _is_news(self, place: Place, before: Entry | None, started: float) -> bool:
        known = _NEVER if before is None else before.failed_at
        return started > max(known, self._succeeded.get(place, _NEVER))

    def _after(
        self, before: Entry | None, error: GatewayError, *, is_counted: bool
    ) -> Entry | None:
        asked, now = rest.asked_s(error), self._monotonic()
        if asked is None and not is_counted:
            return None
        failures = max(1, (before.failures if before else 0) + is_counted)
        until = now + (rest.formula_s(failures, self._rules()) if asked is None else asked)
        if before is not None and not is_counted and until < before.until + _NOTABLE_S:
            return None
        if before is not None and before.failures == 0:
            until = max(until, before.until)  # somebody wants it to rest for longer
        return Entry(
            until=until,
            failures=failures,
            failed_at=now,
            last_error=rest.told(error),
            credential_problem=rest.is_credential_problem(error),
        )

    def _remember_success(self, place: tuple[str, str, str], now: float) -> None:
        self._succeeded[place] = now
        if len(self._succeeded) > MOST:
            del self._succeeded[next(iter(self._succeeded))]
