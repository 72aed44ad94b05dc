"""Calendar windows: in UTC, whatever the clocks of people do."""

from datetime import UTC, datetime

import pytest

from plexus.addons.metering.quota_window import Window, window


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("kind", "now", "start", "end"),
    [
        ("daily", "2026-11-20T00:00:00", "2026-11-20", "2026-11-21"),
        ("daily", "2026-11-20T23:59:59.999", "2026-11-20", "2026-11-21"),
        ("weekly", "2026-11-21T23:59:59.999", "2026-11-15", "2026-11-22"),
        ("weekly", "2026-11-22T00:00:00", "2026-11-22", "2026-11-29"),
        ("monthly", "2026-12-31T23:59:59.999", "2026-12-01", "2027-01-01"),
        ("monthly", "2028-02-29T12:00:00", "2028-02-01", "2028-03-01"),
        # Europe's clocks go back on this Sunday, America's on the next but one: no matter.
        ("daily", "2026-10-25T01:30:00", "2026-10-25", "2026-10-26"),
        ("weekly", "2026-11-01T06:00:00", "2026-11-01", "2026-11-08"),
    ],
)
def test_windows_begin_and_end_at_midnight_utc(kind: str, now: str, start: str, end: str) -> None:
    assert window(kind, ms(now)) == Window(ms(start), ms(end))


def test_a_week_begins_on_sunday() -> None:
    found = window("weekly", ms("2026-11-20T12:00:00"))
    assert found is not None
    assert datetime.fromtimestamp(found.start / 1000, UTC).strftime("%A") == "Sunday"


def test_a_rolling_quota_has_no_window() -> None:
    assert window("rolling", 0) is None
