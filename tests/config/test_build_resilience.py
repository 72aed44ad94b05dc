"""From the sections on failover and stalls to the rules."""

from __future__ import annotations

import pytest

from plexus.config.resilience import Failover, Stall
from tests.config.making import provider_of, snapshot_of

BASE = "api_base_url: 'https://llm.example/v1', api_key: k"


def test_the_failover_section_is_taken_over() -> None:
    rules = snapshot_of(
        "failover: {enabled: false, retryableStatusCodes: [500, 429], retryableErrors: [EOOPS]}"
    ).failover
    assert rules == Failover(enabled=False, statuses=frozenset({429, 500}), errors=("eoops",))


def test_without_a_section_everything_but_413_and_422_is_retryable() -> None:
    statuses = snapshot_of("{}").failover.statuses
    assert statuses is not None
    assert {400, 401, 402, 404, 429, 500, 529, 301} <= statuses
    assert not statuses & {200, 299, 413, 422}


def test_without_settings_no_stream_counts_as_stalled() -> None:
    assert provider_of(BASE).stall == Stall()


@pytest.mark.parametrize(
    ("own", "found"),
    [
        ("", Stall(ttfb_s=20.0, ttfb_bytes=200, min_bps=100.0, window_s=5.0, grace_s=7.0)),
        ("stallTtfbMs: null", Stall(ttfb_bytes=200, min_bps=100.0, window_s=5.0, grace_s=7.0)),
        ("stallMinBps: null", Stall(ttfb_s=20.0, ttfb_bytes=200, window_s=5.0, grace_s=7.0)),
        (
            "stallTtfbMs: 6000, stallTtfbBytes: 60, stallMinBps: 70, stallWindowMs: 8000, "
            "stallGracePeriodMs: 0, stall_cooldown: true",
            Stall(
                ttfb_s=6.0, ttfb_bytes=60, min_bps=70, window_s=8.0, grace_s=0.0, cooldown=True
            ),
        ),
        (
            "stallTtfbBytes: null, stallWindowMs: null, stallGracePeriodMs: null",
            Stall(ttfb_s=20.0, ttfb_bytes=200, min_bps=100.0, window_s=5.0, grace_s=7.0),
        ),
    ],
)  # fmt: skip
def test_a_providers_own_fields_stand_over_the_general_ones(own: str, found: Stall) -> None:
    config = f"""
        stall: {{ttfbSeconds: 20, ttfbBytes: 200, minBytesPerSecond: 100, windowSeconds: 5,
                 gracePeriodSeconds: 7}}
        providers: {{p: {{{BASE}{", " if own else ""}{own}}}}}
        """
    assert snapshot_of(config).providers["p"].stall == found
