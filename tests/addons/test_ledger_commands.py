"""What the commands about the ledger take."""

import argparse
import time

import pytest

from plexus.addons.cli import _parser
from plexus.addons.ledger_commands import groupings, moment


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("1970-01-02", 86_400_000),
        ("1970-01-01T01:00Z", 3_600_000),
        ("1970-01-01T01:00", 3_600_000),
        ("1970-01-01T01:00+01:00", 0),
    ],
)
def test_times_are_dates_in_utc(text: str, ms: int) -> None:
    assert moment(text) == ms


@pytest.mark.parametrize(("text", "seconds"), [("30m", 1800), ("12h", 43_200), ("2w", 1_209_600)])
def test_times_are_so_long_ago(text: str, seconds: int) -> None:
    assert moment(text) == pytest.approx((time.time() - seconds) * 1000, abs=5000)


@pytest.mark.parametrize("text", ["", "soon", "7", "7y", "2026-13-01"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is no time"):
        moment(text)


def test_groupings_are_the_ledgers_columns() -> None:
    assert groupings("day, key,day") == ("day", "api_key")
    with pytest.raises(argparse.ArgumentTypeError, match="known: day, key"):
        groupings("week")


@pytest.mark.parametrize(
    "arguments",
    [
        ["usage", "--by", "day,model", "--csv", "--since", "7d"],
        ["export", "--format", "parquet", "--output", "x.parquet"],
        ["reprice", "--since", "2026-01-01", "--dry-run", "--all"],
        ["reconcile", "--provider", "openai", "invoice.csv"],
    ],
)
def test_every_command_has_something_to_run(arguments: list[str]) -> None:
    assert callable(_parser().parse_args(arguments).command)


def test_repricing_must_be_told_from_when() -> None:
    with pytest.raises(SystemExit):
        _parser().parse_args(["reprice"])
