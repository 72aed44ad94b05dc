"""A sample of the recordings through every format: `python -m tests.conformance` takes them all."""

from __future__ import annotations

import functools
import zlib

import pytest

from tests.conformance.corpus import Case, cases, dialects
from tests.conformance.excused import excuse_for
from tests.conformance.run import check
from tests.wire_files import wire_dir

PER_KIND = 10  # cases of each dialect and kind
MOST = 40_000  # bytes of a stream in the sample

pytestmark = pytest.mark.skipif(
    wire_dir() is None, reason="no recordings: set PLEXUS_WIRE_DIR to their folder"
)


@functools.cache
def sample() -> dict[tuple[str, str], list[Case]]:
    """The same few cases of every dialect and kind each time, spread over the files."""
    found: dict[tuple[str, str], list[Case]] = {}
    for case in cases() if wire_dir() is not None else ():
        if len(case.data) <= MOST:
            found.setdefault((case.dialect, case.kind), []).append(case)
    return {key: sorted(these, key=_draw)[:PER_KIND] for key, these in found.items()}


def _draw(case: Case) -> int:
    return zlib.crc32(case.name.encode())


@pytest.mark.parametrize("kind", ["request", "response", "stream", "error"])
@pytest.mark.parametrize("dialect", ["chat", "gemini", "messages", "responses"])
def test_what_was_recorded_comes_through_every_format(dialect: str, kind: str) -> None:
    outcomes = [check(case) for case in sample().get((dialect, kind), [])]
    failures = [failure for outcome in outcomes for failure in outcome.failures]
    assert [failure for failure in failures if excuse_for(failure) is None] == []
    assert outcomes, "nothing was recorded of this kind"


def test_the_sample_knows_all_dialects() -> None:
    assert {dialect for dialect, _ in sample()} == dialects().keys()
