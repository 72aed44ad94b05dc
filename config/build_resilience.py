"""Turn the sections on failover and stalls into what the gateway uses."""

from __future__ import annotations

from plexus.config.resilience import Failover, Stall
from plexus.config.schema.providers import ProviderSection
from plexus.config.schema.sections import FailoverSection, StallSection


def build_failover(section: FailoverSection) -> Failover:
    """Return the rules of a `failover` section."""
    return Failover(
        enabled=section.enabled,
        statuses=frozenset(section.retryable_status_codes),
        errors=tuple(word.lower() for word in section.retryable_errors),
    )


def build_stall(general: StallSection, own: ProviderSection) -> Stall:
    """Return what holds for a provider: its own fields over the general section.

    `null` turns `stallTtfbMs` and `stallMinBps` off; for the others it means "as in general".
    """
    said = own.model_fields_set
    ttfb, floor = general.ttfb_seconds, general.min_bytes_per_second
    if "stall_ttfb_ms" in said:
        ttfb = _seconds(own.stall_ttfb_ms)
    if "stall_min_bps" in said:
        floor = own.stall_min_bps
    window, grace = _seconds(own.stall_window_ms), _seconds(own.stall_grace_period_ms)
    least = own.stall_ttfb_bytes
    return Stall(
        ttfb_s=ttfb,
        ttfb_bytes=general.ttfb_bytes if least is None else least,
        min_bps=floor,
        window_s=general.window_seconds if window is None else window,
        grace_s=general.grace_period_seconds if grace is None else grace,
        cooldown=general.stall_cooldown or own.stall_cooldown,
    )


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000
