"""Growth is judged against the start."""

from __future__ import annotations

from dataclasses import replace

from tests.soak.samples import Sample, grown, samples_table

START = Sample(
    when="start", resident_mb=100.0, files=30, tasks=10, objects=1000, calls=5, seconds=1.0
)


def test_a_tenth_more_is_back_to_the_start_and_so_is_less() -> None:
    assert grown(START, replace(START, resident_mb=110.0, files=33, tasks=12, objects=1100)) == []
    assert grown(START, replace(START, resident_mb=50.0, files=3, tasks=1, objects=1)) == []


def test_what_grew_is_told_with_its_limit() -> None:
    assert grown(START, replace(START, resident_mb=111.0, files=34, tasks=13, objects=2000)) == [
        "resident_mb: 100 at the start, 111 at the end, at most 110 are allowed",
        "files: 30 at the start, 34 at the end, at most 33 are allowed",
        "tasks: 10 at the start, 13 at the end, at most 12 are allowed",
        "objects: 1000 at the start, 2000 at the end, at most 1100 are allowed",
    ]


def test_a_sample_is_a_row() -> None:
    row = samples_table([START]).splitlines()[-1]
    assert row.split() == ["start", "5", "1", "100.0", "30", "10", "1,000"]
