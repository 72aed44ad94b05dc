"""The wait that a reply's quota headers tell: of what is spent, and of the last of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.transforms.quota_headers import reset_in

NOW = 1792567660.0  # 2026-10-21T07:27:40Z


def _openai(quota: str, left: str, reset: str) -> dict[str, str]:
    return {f"x-ratelimit-remaining-{quota}": left, f"x-ratelimit-reset-{quota}": reset}


def _anthropic(quota: str, left: str, reset: str) -> dict[str, str]:
    return {
        f"anthropic-ratelimit-{quota}-remaining": left,
        f"anthropic-ratelimit-{quota}-reset": reset,
    }


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        ("6m0s", 360.0),
        ("1s", 1.0),
        ("120ms", 0.12),
        ("2m59.56s", 179.56),
        ("1h30m", 5400.0),
        ("45", 45.0),
        ("", None),
        ("soon", None),
        ("-3s", None),
        ("NaN", None),
        ("1e999", None),
    ],
)
def test_the_reset_of_a_spent_quota_is_a_duration_as_go_prints_it(
    reset: str, seconds: float | None
) -> None:
    assert reset_in(_openai("tokens", "0", reset), NOW) == pytest.approx(seconds)


def test_quotas_that_are_not_spent_do_not_count() -> None:
    headers = _openai("tokens", "0", "2s") | _openai("requests", "4999", "6m0s")
    assert reset_in(headers, NOW) == 2.0
    assert reset_in(_openai("requests", "4999", "6m0s"), NOW) is None


def test_the_last_reset_of_several_spent_quotas_counts() -> None:
    headers = _openai("tokens", "0", "2s") | _openai("requests", "0", "1m") | _openai("x", "0", "")
    assert reset_in(headers, NOW) == 60.0


@pytest.mark.parametrize(
    ("reset", "now", "seconds"),
    [
        ("2026-10-21T07:28:00Z", NOW, 20.0),
        ("2026-10-21T09:28:00+02:00", NOW, 20.0),
        ("2026-10-21T07:28:00", NOW, 20.0),
        ("2026-10-21T07:27:00Z", NOW, None),
        ("2026-10-21T07:28:00Z", None, None),
    ],
)
def test_anthropics_reset_is_a_date(reset: str, now: float | None, seconds: float | None) -> None:
    assert reset_in(_anthropic("input-tokens", "0", reset), now) == seconds
    assert reset_in(_anthropic("input-tokens", "100", reset), now) is None


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [("1792567690", 30.0), ("1792567690000", 30.0), ("30", 30.0), ("1792567000", None)],
)
def test_a_plain_reset_is_a_date_in_seconds_or_milliseconds_or_a_wait(
    reset: str, seconds: float | None
) -> None:
    spent = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}
    left = {"x-ratelimit-remaining": "59", "x-ratelimit-reset": reset}
    assert reset_in(spent, NOW) == seconds
    assert reset_in({"x-ratelimit-reset": reset}, NOW) == seconds
    assert reset_in(left, NOW) is None


def test_a_reset_of_one_quota_among_several_needs_to_be_known_as_spent() -> None:
    assert reset_in({"x-ratelimit-reset-tokens": "6m0s"}, NOW) is None


@given(st.dictionaries(st.sampled_from([
    "x-ratelimit-reset", "x-ratelimit-remaining", "x-ratelimit-reset-tokens",
    "x-ratelimit-remaining-tokens", "anthropic-ratelimit-requests-reset",
    "anthropic-ratelimit-requests-remaining",
]), st.text(alphabet="0123456789.-+:eTZhmsn µ٣", max_size=12)))  # fmt: skip
def test_any_headers_tell_a_positive_wait_or_none(headers: dict[str, str]) -> None:
    wait = reset_in(headers, NOW)
    assert wait is None or wait > 0
