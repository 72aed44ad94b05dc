"""The table of rests: places that stay apart, versions that only grow, and a bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.addons.routing.rests import Entry, Place, Rests
from plexus.store.cooldowns import MOST
from plexus.store.records import CooldownRecord

HERE = Place("acme", "fast", "k1")
WALL = 1_800_000_000.0


def entry(until: float = 160.0, failures: int = 1) -> Entry:
    return Entry(until=until, failures=failures, failed_at=90.0, last_error="oops")


@pytest.fixture
def wall() -> list[float]:
    """What the clock on the wall shows; the monotonic one stands at 100 s."""
    return [WALL]


@pytest.fixture
def make(wall: list[float]) -> Callable[[], Rests]:
    return lambda: Rests(lambda: wall[0], lambda: 100.0)


def test_an_empty_table_is_false_and_a_removed_entry_leaves_nothing(
    make: Callable[[], Rests],
) -> None:
    rests = make()
    assert not rests
    rests.put(HERE, entry())
    assert rests
    rests.end(HERE)
    assert not rests
    assert rests.at("acme", "fast") is None


def test_entries_are_found_by_place_and_by_model(make: Callable[[], Rests]) -> None:
    rests = make()
    other = Place("acme", "fast", "")
    rests.put(HERE, entry())
    rests.put(other, entry(failures=2))
    assert rests.get(HERE) == entry()
    assert rests.at("acme", "fast") == {"k1": entry(), "": entry(failures=2)}
    assert rests.at("acme", "") is None
    assert dict(rests.all()) == {HERE: entry(), other: entry(failures=2)}


def test_a_record_and_back_is_the_same_rest(make: Callable[[], Rests]) -> None:
    rests, again = make(), make()
    rests.put(HERE, Entry(**{**fields_of(entry()), "credential_problem": True}))
    (record,) = rests.unsaved()
    assert record == CooldownRecord(
        provider="acme",
        model="fast",
        credential="k1",
        expires_at=int(WALL + 60) * 1000,
        failures=1,
        last_error="oops",
        credential_problem=True,
        updated_at=int(WALL) * 1000,
    )
    assert again.adopt([record]) == []
    assert again.unsaved() == []
    found = again.get(HERE)
    assert found is not None
    assert (found.until, found.failures, found.credential_problem) == (160.0, 1, True)
    assert found.failed_at == 100.0  # what is under way here belongs to the same outage


def fields_of(one: Entry) -> dict[str, float | int | str]:
    return {
        "until": one.until,
        "failures": one.failures,
        "failed_at": one.failed_at,
        "last_error": one.last_error,
    }


def test_the_end_of_a_rest_is_a_record_too(make: Callable[[], Rests]) -> None:
    rests, other = make(), make()
    rests.put(HERE, entry())
    other.adopt(rests.unsaved())
    rests.end(HERE)
    (record,) = rests.unsaved()
    assert (record.expires_at, record.failures, record.last_error) == (0, 0, None)
    assert other.adopt([record]) == [HERE]
    assert not other
    assert other.adopt([record]) == []


def test_what_is_forgotten_is_no_news_for_others(make: Callable[[], Rests]) -> None:
    rests, again = make(), make()
    rests.put(HERE, entry())
    records = rests.unsaved()
    again.adopt(records)
    again.forget(HERE)
    assert not again
    assert again.unsaved() == []
    again.adopt(records)
    assert not again


def test_versions_grow_also_when_the_clock_goes_back(
    make: Callable[[], Rests], wall: list[float]
) -> None:
    rests = make()
    versions = []
    for turned in (0, 0, -3600, 7200):
        wall[0] += turned
        rests.put(HERE, entry())
        versions += [record.updated_at for record in rests.unsaved()]
    start = int(WALL) * 1000
    assert versions == [start, start + 1, start + 2, start + 3_600_000]


def test_a_change_here_outranks_what_it_was_made_upon(
    make: Callable[[], Rests], wall: list[float]
) -> None:
    ahead, behind = make(), make()
    ahead.put(HERE, entry())
    wall[0] -= 5  # the other node's clock
    behind.adopt(ahead.unsaved())
    behind.end(HERE)
    assert ahead.adopt(behind.unsaved()) == [HERE]


def test_a_newer_record_replaces_what_was_not_saved_yet(
    make: Callable[[], Rests], wall: list[float]
) -> None:
    rests, other = make(), make()
    rests.put(HERE, entry())
    wall[0] += 1
    other.put(HERE, entry(failures=4))
    rests.adopt(other.unsaved())
    found = rests.get(HERE)
    assert found is not None and found.failures == 4
    assert rests.unsaved() == []


def test_the_table_is_bounded(make: Callable[[], Rests]) -> None:
    rests = make()
    for number in range(MOST + 5):
        rests.put(Place("acme", f"invented-{number}", ""), entry())
    models = [place.model for place, _ in rests.all()]
    assert (len(models), models[0]) == (MOST, "invented-5")
    assert len(rests.unsaved()) == MOST


def test_of_two_changes_with_one_version_the_first_that_was_stored_stays(
    make: Callable[[], Rests],
) -> None:
    first, second = make(), make()
    first.put(HERE, entry(failures=1))
    second.put(HERE, entry(failures=2))
    stored = [replace(record, set_by="first") for record in first.unsaved()]
    assert [record.updated_at for record in stored] == [
        record.updated_at for record in second.unsaved()
    ]
    second.adopt(stored, "second")
    first.adopt(stored, "first")
    assert (first.unsaved(), second.unsaved()) == ([], [])
    assert [dict(rests.all())[HERE].failures for rests in (first, second)] == [1, 1]


class Gateways:
    """Three gateways whose clocks differ, and a store which one may reach only now and then."""

    def __init__(self) -> None:
        self.now = 0.0
        self.rests = [self._rests(skew) for skew in (0.0, -5.0, 7.5)]
        self.store: dict[Place, CooldownRecord] = {}

    def _rests(self, skew: float) -> Rests:
        return Rests(lambda: WALL + skew + self.now, lambda: self.now)

    def sync(self, number: int) -> None:
        for record in self.rests[number].unsaved():
            place = Place(record.provider, record.model, record.credential)
            old = self.store.get(place)
            if old is None or record.updated_at > old.updated_at:
                self.store[place] = replace(record, set_by=str(number))
        self.rests[number].adopt(list(self.store.values()), str(number))


_PLACES = (HERE, Place("acme", "fast", ""), Place("acme", "", ""))
_STEP = st.tuples(
    st.sampled_from(["fail", "end", "sync", "wait"]), st.integers(0, 2), st.sampled_from(_PLACES)
)


@given(st.lists(_STEP, max_size=25))
def test_gateways_agree_once_each_was_heard(steps: list[tuple[str, int, Place]]) -> None:
    world = Gateways()
    for what, number, place in steps:
        match what:
            case "fail":
                known = world.rests[number].get(place)
                failures = 1 + (known.failures if known else 0)
                rest = entry(until=world.now + 100, failures=failures)
                world.rests[number].put(place, rest)
            case "end":
                world.rests[number].end(place)
            case "sync":
                world.sync(number)
            case _:
                world.now += 0.4
    for number in (0, 1, 2, 0, 1, 2):
        world.sync(number)
    known = [{place: one.failures for place, one in rests.all()} for rests in world.rests]
    stored = {p: record.failures for p, record in world.store.items() if record.failures}
    assert known == [stored] * 3
    assert [rests.unsaved() for rests in world.rests] == [[], [], []]
