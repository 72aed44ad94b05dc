"""The defaults of the rules on failover and stalls."""

from plexus.config.resilience import Failover, Stall
from plexus.config.schema.sections import StallSection


def test_what_nobody_configured_is_what_the_sections_say() -> None:
    section = StallSection()
    assert Stall() == Stall(
        ttfb_s=section.ttfb_seconds,
        ttfb_bytes=section.ttfb_bytes,
        min_bps=section.min_bytes_per_second,
        window_s=section.window_seconds,
        grace_s=section.grace_period_seconds,
        cooldown=section.stall_cooldown,
    )
    assert Failover().enabled
