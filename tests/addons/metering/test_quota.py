"""How a quota stands, and what is told of it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from plexus.addons.metering.quota import (
    Quota,
    Standing,
    headers,
    iso,
    most_constrained,
    quotas_of,
    read,
    shown,
    standing,
)
from plexus.store.quotas import Level
from tests.addons.factories import key, snapshot

NOON = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp() * 1000)
HOUR = 3_600_000
DAY = 24 * HOUR


def quota(**other: Any) -> Quota:
    """100 tokens a day."""
    return Quota(
        **{"name": "q", "owner": "app", "kind": "daily", "unit": "tokens", "limit": 100.0, **other}
    )


def leaky(**other: Any) -> Quota:
    """100 tokens an hour."""
    return quota(**{"kind": "rolling", "duration_ms": HOUR, **other})


def level(of: Quota, usage: float, **other: Any) -> Level:
    """A row that was written an instant ago."""
    bucket = of.bucket(NOON)
    return Level(
        **{
            "owner": of.owner,
            "quota": of.name,
            "limit_type": bucket.limit_type,
            "period": bucket.period,
            "usage": usage,
            "held": "{}",
            "window_start": bucket.window_start,
            "updated_at": NOON,
            **other,
        }
    )


def at(of: Quota, used: float, **other: Any) -> Standing:
    return Standing(**{"quota": of, "used": used, "reserved": 0.0, "now": NOON, **other})


def test_a_key_is_bound_by_its_quotas_in_its_order_each_once() -> None:
    sections = {
        "a": {"type": "daily", "limitType": "cost", "limit": 0.5, "warnAt": 0.8},
        "b": {
            "type": "rolling", "limitType": "requests", "limit": 10, "duration": "1h30m",
            "shared": True, "shadow": True, "allowedModels": ["x"], "excludedProviders": ["p"],
        },
    }  # fmt: skip
    found = quotas_of(snapshot(user_quotas=sections), key(quotas=("b", "a", "b", "gone")))
    assert found == (
        Quota(
            name="b", owner="*", kind="rolling", unit="requests", limit=10.0,
            duration_ms=90 * 60_000, shadow=True,
            allowed_models=frozenset({"x"}), excluded_providers=frozenset({"p"}),
        ),
        Quota(name="a", owner="app", kind="daily", unit="cost", limit=0.5, warn_at=0.8),
    )  # fmt: skip


def test_a_duration_means_nothing_to_a_calendar_quota() -> None:
    section = {"type": "daily", "limitType": "tokens", "limit": 1, "duration": "1h"}
    assert read("q", section, "app").duration_ms == 0


@pytest.mark.parametrize(
    ("scope", "is_covered"),
    [
        ({}, True),
        ({"allowed_providers": frozenset({"acme"})}, True),
        ({"allowed_providers": frozenset({"Acme"})}, False),
        ({"allowed_models": frozenset({"big"})}, True),
        ({"allowed_models": frozenset({"big"}), "excluded_models": frozenset({"big"})}, False),
        ({"allowed_models": frozenset({"big"}), "excluded_providers": frozenset({"acme"})}, False),
        ({"allowed_providers": frozenset({"acme"}), "allowed_models": frozenset({"x"})}, False),
    ],
)
def test_a_scope_names_providers_and_models_exactly_and_exclusion_wins(
    scope: dict[str, frozenset[str]], is_covered: bool
) -> None:
    assert quota(**scope).covers("acme", "big") is is_covered


def test_another_duration_is_another_period() -> None:
    periods = {leaky(duration_ms=n).bucket(NOON).period for n in (HOUR, 2 * HOUR)}
    assert periods == {"rolling 3600s", "rolling 7200s"}


def test_a_row_counts_as_far_as_it_is_of_this_window_and_kind() -> None:
    of = quota()
    used = [
        standing(of, row, NOON).used
        for row in (
            level(of, 30.0),
            level(of, 30.0, window_start=NOON - 2 * DAY),
            level(of, 30.0, limit_type="cost"),
            level(of, 30.0, period="weekly"),
            None,
        )
    ]
    assert used == [30.0, 0.0, 0.0, 0.0, 0.0]


def test_a_leaky_row_has_leaked_since_it_was_written_and_never_fills() -> None:
    of = leaky()
    used = [
        standing(of, level(of, 50.0, updated_at=NOON - ago), NOON).used
        for ago in (0, HOUR // 4, HOUR, -HOUR)
    ]
    assert used == pytest.approx([50.0, 25.0, 0.0, 50.0])


def test_what_others_reserved_is_summed() -> None:
    of = quota()
    assert standing(of, level(of, 1.0, held='{"a":2.5,"b":1.5}'), NOON).reserved == 4.0


@pytest.mark.parametrize(
    ("one", "open_", "room"),
    [
        (at(quota(), 99.9), True, True),
        (at(quota(), 100.0), False, False),
        (at(quota(), 50.0, reserved=10.0), True, False),
        (at(quota(), 50.0, reserved=5.0), True, True),
        (at(quota(unit="requests", limit=2.0), 1.0), True, False),
        (at(quota(unit="requests", limit=2.0), 1.5), False, False),
        (at(quota(limit=0.0), 0.0), False, False),
    ],
)
def test_room_for_a_reservation_of_45(one: Standing, open_: bool, room: bool) -> None:
    assert (one.is_open, one.has_room(45.0)) == (open_, room)


def test_a_request_has_room_as_long_as_it_fits_whole() -> None:
    of = quota(unit="requests", limit=2.0)
    found = [at(of, 1.0, reserved=n).has_room(1.0) for n in (0.0, 0.5, 1.0)]
    assert found == [True, False, False]


@pytest.mark.parametrize(
    ("of", "used", "resets", "retry_s"),
    [
        (quota(), 100.0, NOON + DAY // 2, 12 * 3600),
        (quota(kind="weekly"), 100.0, NOON + DAY + DAY // 2, 36 * 3600),
        (leaky(), 150.0, NOON + HOUR * 3 // 2, 1800),
        (leaky(), 100.0, NOON + HOUR, 1),
        (leaky(unit="requests"), 100.0, NOON + HOUR, 36),
        (leaky(), 20.0, NOON + HOUR // 5, 1),
    ],
)
def test_reset_and_when_to_try_again(of: Quota, used: float, resets: int, retry_s: int) -> None:
    one = at(of, used)
    assert one.resets_at == pytest.approx(resets, abs=1)
    assert one.retry_after_s == retry_s


@pytest.mark.parametrize(
    ("of", "used", "warns"),
    [
        (quota(warn_at=0.7), 70.0, True),  # exactly at it
        (quota(warn_at=0.7), 69.9, False),
        (quota(), 100.0, False),
        (quota(shadow=True), 100.0, True),
        (quota(shadow=True), 99.0, False),
    ],
)
def test_warnings(of: Quota, used: float, warns: bool) -> None:
    assert at(of, used).warns is warns


def test_the_most_constrained_has_the_smallest_part_left_and_the_first_of_equals_counts() -> None:
    half, other = at(quota(name="half"), 50.0), at(quota(name="other", limit=10.0), 5.0)
    none = at(quota(name="none", limit=0.0), 0.0)
    assert most_constrained([half, other]) is half
    assert most_constrained([half, other, none]) is none
    assert most_constrained([]) is None


def test_headers_tell_of_the_most_constrained_and_of_one_that_warns() -> None:
    found = headers([at(quota(name="a", warn_at=0.1), 20.0), at(leaky(name="b"), 75.4)])
    assert found == {
        "x-plexus-quota": "b",
        "x-plexus-quota-limit": "100",
        "x-plexus-quota-remaining": "25",
        "x-plexus-quota-reset": "2026-11-20T12:45:14.400Z",
        "x-plexus-quota-warning": "a",
    }
    assert headers([]) == {}


def test_amounts_are_whole_but_for_money() -> None:
    told = [shown(9.6, "requests"), shown(1e6, "tokens"), shown(2.0, "cost"), shown(1e-8, "cost")]
    assert told == ["10", "1000000", "2.00", "0.00000001"]


def test_a_reset_in_ten_thousand_years_can_be_told() -> None:
    assert iso(at(leaky(limit=1e-9, unit="cost"), 1e9).resets_at).startswith("9999")
