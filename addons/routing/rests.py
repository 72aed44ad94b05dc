"""The table of rests: what failed how often, until when it rests, and what others must hear of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from plexus.store.cooldowns import MOST
from plexus.store.records import CooldownRecord

type Clock = Callable[[], float]


class Place(NamedTuple):
    """What rests. `model` "" is the whole provider, `credential` "" every key."""

    provider: str
    model: str
    credential: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The failures of a place since its last success; moments are of the monotonic clock."""

    until: float
    failures: int  # 0: put to rest by somebody, not by a failure
    failed_at: float  # when the last failure was recorded
    last_error: str
    credential_problem: bool = False  # the provider refused our key


class Rests:
    """Entries by place. `clock` gives s since 1970, for records; moments are of `monotonic`.

    Each change of a place has a version, in ms since 1970 but always higher than the one before:
    the highest one wins, here and in the store.
    """

    def __init__(self, clock: Clock, monotonic: Clock) -> None:
        self._clock = clock
        self._monotonic = monotonic
        # By provider and model, then by credential: planning mostly asks for the first two.
        self._entries: dict[tuple[str, str], dict[str, Entry]] = {}
        self._versions: dict[Place, int] = {}
        self._unsaved: set[Place] = set()

    def __bool__(self) -> bool:
        return bool(self._entries)

    def at(self, provider: str, model: str) -> Mapping[str, Entry] | None:
        """Return the entries of a provider's model by credential, if there are any."""
        return self._entries.get((provider, model))

    def get(self, place: Place) -> Entry | None:
        """Return the entry of exactly this place."""
        return self._entries.get(place[:2], {}).get(place.credential)

    def all(self) -> Iterator[tuple[Place, Entry]]:
        """Yield every entry."""
        for (provider, model), found in self._entries.items():
            for credential, entry in found.items():
                yield Place(provider, model, credential), entry

    def put(self, place: Place, entry: Entry) -> None:
        """Set the entry of a place."""
        self._entries.setdefault(place[:2], {})[place.credential] = entry
        self._change(place)
        while len(self._entries) > MOST:
            del self._entries[next(iter(self._entries))]

    def end(self, place: Place) -> None:
        """Remove the entry of a place, with its count."""
        self.forget(place)
        self._change(place)

    def forget(self, place: Place) -> None:
        """Remove an entry that has no effect any more; others need not hear of it."""
        found = self._entries.get(place[:2], {})
        found.pop(place.credential, None)
        if not found:
            self._entries.pop(place[:2], None)

    def unsaved(self) -> list[CooldownRecord]:
        """Return what changed here and was not found in the store yet."""
        return [self._record(place) for place in self._unsaved]

    def adopt(self, records: Collection[CooldownRecord], us: str = "") -> list[Place]:
        """Take over what the store knows better; return the places whose rest ended.

        `us` is what the store calls this gateway: of two changes with one version, the first that
        was stored stays.
        """
        ended = []
        for record in records:
            place = Place(record.provider, record.model, record.credential)
            if not self._is_better(place, record, us):
                continue
            self._unsaved.discard(place)
            self._versions[place] = record.updated_at
            if record.expires_at or record.failures:
                self._entries.setdefault(place[:2], {})[place.credential] = self._entry(record)
            else:
                self.forget(place)
                ended.append(place)
        return ended

    def _is_better(self, place: Place, record: CooldownRecord, us: str) -> bool:
        known = self._versions.get(place, -1)
        if record.updated_at != known:
            return record.updated_at > known
        if place not in self._unsaved:
            return False
        self._unsaved.discard(place)
        return record.set_by != us

    def _change(self, place: Place) -> None:
        now = round(self._clock() * 1000)
        self._versions[place] = max(now, self._versions.get(place, 0) + 1)
        self._unsaved.add(place)
        while len(self._versions) > MOST:
            gone = next(iter(self._versions))
            del self._versions[gone]
            self._unsaved.discard(gone)

    def _record(self, place: Place) -> CooldownRecord:
        version = self._versions[place]
        entry = self.get(place)
        if entry is None:
            return CooldownRecord(**place._asdict(), updated_at=version)
        left_s = entry.until - self._monotonic()
        return CooldownRecord(
            **place._asdict(),
            expires_at=round((self._clock() + left_s) * 1000),
            failures=entry.failures,
            last_error=entry.last_error,
            credential_problem=entry.credential_problem,
            updated_at=version,
        )

    def _entry(self, record: CooldownRecord) -> Entry:
        now = self._monotonic()
        # Not longer than it was meant to be, should our clock be behind the one that set it.
        meant_ms = record.expires_at - record.updated_at
        left_ms = min(record.expires_at - self._clock() * 1000, meant_ms)
        return Entry(
            until=now + left_ms / 1000,
            failures=record.failures,
            failed_at=now,
            last_error=record.last_error or "",
            credential_problem=record.credential_problem,
        )
