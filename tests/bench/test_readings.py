"""Other figures than CPU are summed up and printed."""

from __future__ import annotations

import math

from tests.bench.readings import Reading, quantile, readings_table


def test_a_quantile_is_the_smallest_value_that_is_large_enough() -> None:
    values = [float(n) for n in range(100, 0, -1)]
    assert (quantile(values, 0.5), quantile(values, 0.99), quantile(values, 1.0)) == (50, 99, 100)
    assert quantile([3.0], 0.01) == 3
    assert math.isnan(quantile([], 0.5))


def test_a_reading_is_a_row_with_as_many_digits_as_make_sense() -> None:
    rows = [
        Reading(what="start", target="gateway", value=0.512, unit="s"),
        Reading(what="RSS", target="gateway", value=98.76, unit="MB"),
        Reading(what="rate", target="gateway", value=1234.5, unit="calls/s", errors=2),
    ]
    assert [line.split()[2] for line in readings_table(rows).splitlines()[2:]] == [
        "0.51",
        "98.8",
        "1,234",
    ]
    assert readings_table(rows).splitlines()[-1].endswith("2")
