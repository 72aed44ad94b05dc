"""When the next target is tried, and when a stream counts as stalled: as the gateway uses it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Failover:
    """The `failover` section; no `statuses`: every status but 413 and 422 (dataplane.md §3.1)."""

    enabled: bool = True
    statuses: frozenset[int] | None = None
    errors: tuple[str, ...] = ()  # words of an error's code or message, in lower case


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall:
    """When a provider's stream is given up as stalled; `None`: that test is not made.

    Before anything is sent on: fewer than `ttfb_bytes` after `ttfb_s`. Later: less than `min_bps`
    bytes a second over `window_s`, from `grace_s` after the first byte (dataplane.md §3.9).
    """

    ttfb_s: float | None = None
    ttfb_bytes: int = 100
    min_bps: float | None = None
    window_s: float = 10.0
    grace_s: float = 30.0
    cooldown: bool = False  # whether a stall makes the target rest
