"""The `compaction` section."""

from __future__ import annotations

import pytest

from tests.config.making import complaints, snapshot_of


@pytest.mark.parametrize(
    "section",
    [
        "triggerRatio: 1.1",
        "strategy: brute",
        "absoluteTriggerTokens: 0",
        "minTokens: -1",
        "native: {maxArrayItems: 0}",
        "headroom: {timeoutMs: 99}",
        "headroom: {targetRatio: 2}",
    ],
)
def test_values_out_of_range_are_refused(section: str) -> None:
    (said,) = complaints(f"compaction: {{{section}}}")
    assert said.startswith(f"compaction.{section.partition(':')[0]}")


def test_compaction_is_nothing_unless_it_is_written() -> None:
    assert snapshot_of("{}").sections["compaction"] is None
    assert snapshot_of("compaction: {strategy: native}").sections["compaction"] == {
        "enabled": False,
        "strategy": "native",
    }
