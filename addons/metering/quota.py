"""What a user quota is and how it stands: pure, its state is in the store (dataplane.md §9)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from plexus.addons.metering.quota_window import window
from plexus.config.schema.quotas import duration_seconds
from plexus.config.snapshot import Key, Snapshot
from plexus.store.quotas import SHARED, Bucket, Level, Place
from plexus.transforms.wire import JsonObject, bool_at, number_at, text_at, texts_at

type Unit = Literal["requests", "tokens", "cost"]

_UNITS: Final[dict[str, Unit]] = {"requests": "requests", "tokens": "tokens", "cost": "cost"}
_LATEST_MS: Final = 253_402_300_799_000  # the year 9999
_SOON_S: Final = 1.0  # when what others have reserved may be free again


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """One of `user_quotas`, as one key is bound by it. Costs are USD."""

    name: str
    owner: str  # the key's name, or `SHARED`
    kind: str  # rolling, daily, weekly, monthly
    unit: Unit
    limit: float
    duration_ms: int = 0  # rolling: in which time the whole limit leaks away
    allowed_providers: frozenset[str] = frozenset()
    excluded_providers: frozenset[str] = frozenset()
    allowed_models: frozenset[str] = frozenset()
    excluded_models: frozenset[str] = frozenset()
    warn_at: float | None = None  # from which part of the limit on
    shadow: bool = False  # counts and tells, never blocks

    @property
    def place(self) -> Place:
        """Where its state is."""
        return self.owner, self.name

    @property
    def leak(self) -> float:
        """How much leaks away per ms; 0 without leak."""
        return self.limit / self.duration_ms if self.duration_ms else 0.0

    def covers(self, provider: str, model: str) -> bool:
        """Whether calls that this provider's model answers count: exact names, exclusion wins."""
        return _within(provider, self.allowed_providers, self.excluded_providers) and _within(
            model, self.allowed_models, self.excluded_models
        )

    def bucket(self, now: int) -> Bucket:
        """Return the row that counts at `now` (ms since 1970)."""
        span = window(self.kind, now)
        return Bucket(
            owner=self.owner,
            quota=self.name,
            limit_type=self.unit,
            period=f"{self.kind} {self.duration_ms // 1000}s" if self.duration_ms else self.kind,
            window_start=0 if span is None else span.start,
            leak=self.leak,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a quota stands at `now` (ms since 1970)."""

    quota: Quota
    used: float
    reserved: float  # by calls under way
    now: int

    @property
    def remaining(self) -> float:
        """What is left of the limit, at least 0."""
        return max(0.0, self.quota.limit - self.used)

    @property
    def share_left(self) -> float:
        """The part of the limit that is left, 0 to 1; 0 of a limit of 0."""
        return self.remaining / self.quota.limit if self.quota.limit > 0 else 0.0

    @property
    def is_open(self) -> bool:
        """Whether less than the limit is used; for requests, whether there is room for one more."""
        if self.quota.unit == "requests":
            return self.used + 1 <= self.quota.limit * (1 + 1e-9)
        return self.used < self.quota.limit

    def has_room(self, amount: float) -> bool:
        """Whether a reservation of `amount` fits beside what others have reserved.

        Says the same as the store's statement, which decides.
        """
        if not self.is_open:
            return False
        if self.quota.unit != "requests" and self.reserved <= 1e-9:
            return True
        return self.used + self.reserved + amount <= self.quota.limit * (1 + 1e-9)

    @property
    def warns(self) -> bool:
        """Whether the part is used from which on to warn, or a shadow quota would have blocked."""
        quota = self.quota
        if quota.shadow and not self.is_open:
            return True
        return quota.warn_at is not None and self.used >= quota.limit * quota.warn_at * (1 - 1e-9)

    @property
    def resets_at(self) -> int:
        """When the window ends or the bucket will be empty, in ms since 1970."""
        span = window(self.quota.kind, self.now)
        if span is not None:
            return span.end
        return self.now + math.ceil(self.used / self.quota.leak)

    @property
    def retry_after_s(self) -> float:
        """In how many seconds a call may be let through, at least 1; whole seconds."""
        quota = self.quota
        if self.is_open:
            return _SOON_S  # the rest is reserved
        if quota.leak:
            needed = 1.0 if quota.unit == "requests" else 0.0
            wait_ms = (self.used + needed - quota.limit) / quota.leak
        else:
            wait_ms = self.resets_at - self.now
        return float(max(1, math.ceil(wait_ms / 1000)))


def quotas_of(snapshot: Snapshot, key: Key) -> tuple[Quota, ...]:
    """Return the quotas that bind a key, in the order in which it names them."""
    found = ((name, snapshot.user_quotas.get(name)) for name in dict.fromkeys(key.quotas))
    return tuple(read(name, section, key.name) for name, section in found if section is not None)


def read(name: str, section: JsonObject, key: str) -> Quota:
    """Return the quota that a validated section of `user_quotas` describes, for a key."""
    kind = text_at(section, "type") or "rolling"
    seconds = duration_seconds(text_at(section, "duration") or "") if kind == "rolling" else None
    return Quota(
        name=name,
        owner=SHARED if bool_at(section, "shared") else key,
        kind=kind,
        unit=_UNITS[text_at(section, "limitType") or "requests"],
        limit=number_at(section, "limit") or 0.0,
        duration_ms=(seconds or 0) * 1000,
        allowed_providers=frozenset(texts_at(section, "allowedProviders")),
        excluded_providers=frozenset(texts_at(section, "excludedProviders")),
        allowed_models=frozenset(texts_at(section, "allowedModels")),
        excluded_models=frozenset(texts_at(section, "excludedModels")),
        warn_at=number_at(section, "warnAt"),
        shadow=bool_at(section, "shadow") is True,
    )


def standing(quota: Quota, level: Level | None, now: int) -> Standing:
    """Work out how a quota stands at `now` (ms since 1970) from its row, whenever that is of."""
    bucket = quota.bucket(now)
    is_same = level is not None and (
        (level.limit_type, level.period) == (bucket.limit_type, bucket.period)
    )
    if level is None or not is_same:
        return Standing(quota=quota, used=0.0, reserved=0.0, now=now)
    used = 0.0
    if level.window_start >= bucket.window_start:
        used = max(0.0, level.usage - bucket.leak * max(0, now - level.updated_at))
    return Standing(quota=quota, used=used, reserved=level.reserved, now=now)


def most_constrained(standings: Iterable[Standing]) -> Standing | None:
    """Return the one with the smallest part left, the first of equals."""
    return min(standings, key=lambda one: one.share_left, default=None)


def headers(standings: Sequence[Standing]) -> dict[str, str]:
    """Return what a reply tells of the quotas that bind a call (dataplane.md §9.5)."""
    tightest = most_constrained(standings)
    if tightest is None:
        return {}
    quota = tightest.quota
    found = {
        "x-plexus-quota": quota.name,
        "x-plexus-quota-limit": shown(quota.limit, quota.unit),
        "x-plexus-quota-remaining": shown(tightest.remaining, quota.unit),
        "x-plexus-quota-reset": iso(tightest.resets_at),
    }
    warning = most_constrained(one for one in standings if one.warns)
    if warning is not None:
        found["x-plexus-quota-warning"] = warning.quota.name
    return found


def shown(amount: float, unit: Unit) -> str:
    """Write an amount: whole requests and tokens, dollars with as many digits as they have."""
    if unit != "cost":
        return str(round(amount))
    text = f"{amount:.8f}".rstrip("0")
    return text + "00"[: max(0, 2 - len(text.partition(".")[2]))]


def iso(ms: int) -> str:
    """Write a time as ISO 8601 in UTC."""
    at = datetime.fromtimestamp(min(ms, _LATEST_MS) / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _within(name: str, allowed: frozenset[str], excluded: frozenset[str]) -> bool:
    return name not in excluded and (not allowed or name in allowed)
