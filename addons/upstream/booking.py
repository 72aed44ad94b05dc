"""Enter the outcome of an attempt where later calls look: once, when it is known.

A stream is a success when it has ended well, not when it has begun: a target that always breaks off
in the middle must come to rest (dataplane.md §3.3).
"""

from __future__ import annotations

import time

from plexus.addons.exchange import Attempt, Exchange
from plexus.addons.routing.health import Health
from plexus.addons.routing.measures import Sample
from plexus.addons.upstream.policy import EMPTY, MALFORMED, STALLED, STOPPED
from plexus.transforms.errors import GatewayError, Kind

# Failures of ours, and of the client's: they say nothing about the target.
_NOT_THE_TARGETS = frozenset({Kind.INTERNAL, Kind.UNSUPPORTED})
_NOT_ITS_FAULT = frozenset({EMPTY, MALFORMED, STOPPED})


def book(
    health: Health, exchange: Exchange, attempt: Attempt, failure: GatewayError | None
) -> None:
    """Book an attempt that the provider brought to an end, good or bad; not a client's leaving."""
    if failure is None:
        _book_success(health, exchange, attempt)
        return
    health.measures.count(attempt.target)
    if _calls_for_a_rest(attempt, failure):
        health.cooldowns.failed(attempt.target, failure, attempt.started)


def _book_success(health: Health, exchange: Exchange, attempt: Attempt) -> None:
    health.cooldowns.succeeded(attempt.target, attempt.started)
    health.sticky.keep(exchange, attempt.target, exchange.response_id)
    usage = exchange.usage
    first = attempt.first_event
    health.measures.note(
        attempt.target,
        Sample(
            at=time.time(),
            duration_s=time.monotonic() - attempt.started,
            ttft_s=None if first is None else first - attempt.started,
            tokens=None if usage is None else usage.output,
        ),
    )


def _calls_for_a_rest(attempt: Attempt, failure: GatewayError) -> bool:
    if failure.kind in _NOT_THE_TARGETS or failure.code in _NOT_ITS_FAULT:
        return False
    return failure.code != STALLED or attempt.target.provider.stall.cooldown
