"""What is mended in a row that a database refused."""

from __future__ import annotations

from plexus.store.salvage import salvage


def test_only_values_that_no_database_holds_are_replaced() -> None:
    row = ("plain ✓", "nul\x00here", "half \ud83d pair", 2**63, -(2**63), 7, True, None, 0.5)
    assert salvage(row) == (
        "plain ✓",
        "nul\N{REPLACEMENT CHARACTER}here",
        "half ? pair",
        None,
        None,
        7,
        True,
        None,
        0.5,
    )


def test_infinite_and_undefined_numbers_become_unknown() -> None:
    assert salvage((float("inf"), float("nan"), -0.0)) == (None, None, -0.0)
