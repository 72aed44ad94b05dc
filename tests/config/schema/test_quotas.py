"""The quota section."""

from __future__ import annotations

import pytest

from plexus.config.schema.quotas import duration_seconds
from tests.config.making import complaints


def complaints_about(section: str) -> list[str]:
    """Return what is wrong with a quota of this content, without the path before it."""
    lines = complaints(f"user_quotas: {{qq: {{{section}}}}}")
    return [line.removeprefix("user_quotas.qq.") for line in lines]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("5m", 300), ("1h", 3600), ("2h30m", 9000), ("1d", 86_400), ("1d1h1m1s", 90_061)],
)
def test_durations_are_added_up(text: str, seconds: int) -> None:
    assert duration_seconds(text) == seconds


@pytest.mark.parametrize("text", ["banana", "", "1", "h", "1 h", "1w", "-1h", "1.5h"])
def test_what_is_no_duration_is_none(text: str) -> None:
    assert duration_seconds(text) is None


@pytest.mark.parametrize(
    "section",
    [
        "type: rolling, limitType: requests, limit: 10, duration: 1h",
        "type: daily, limitType: cost, limit: 0.01",
        "type: weekly, limitType: tokens, limit: 1, warnAt: 0.5, shared: true",
        "type: monthly, limitType: cost, limit: 5, allowedModels: [a]",
        "type: daily, limitType: cost, limit: 0.01, shadow: true",
    ],
)
def test_quotas_of_every_type_are_accepted(section: str) -> None:
    assert complaints_about(section) == []


@pytest.mark.parametrize(
    ("section", "said"),
    [
        (
            "type: rolling, limitType: requests, limit: 1",
            "duration: is required with type: rolling",
        ),
        ("type: rolling, limitType: cost, limit: 1, duration: banana", "duration: is no duration"),
        ("type: rolling, limitType: cost, limit: 1, duration: 0s", "duration: is no duration"),
        ("type: daily, limitType: requests, limit: 0", "limit: must be at least 1"),
        ("type: daily, limitType: cost, limit: 0", "limit: must be above 0"),
        ("type: daily, limitType: cost, limit: 1, warnAt: 1", "warnAt: must be below 1"),
        ("type: daily, limitType: cost, limit: 1, warnAt: 0", "warnAt: must be above 0"),
        (
            "type: hourly, limitType: cost, limit: 1",
            "type: must be 'rolling', 'daily', 'weekly' or 'monthly'",
        ),
        ("type: daily, limit: 1", "limitType: is required"),
    ],
)
def test_wrong_quotas_are_reported_where_they_stand(section: str, said: str) -> None:
    assert complaints_about(section) == [said]
