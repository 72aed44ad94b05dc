"""Whether a call goes on to the next target after a failure (dataplane.md §3.1, §3.3)."""

from __future__ import annotations

from typing import Final

from plexus.config.resilience import Failover
from plexus.transforms.errors import GatewayError, Kind

STALLED: Final = "stalled"  # the `code` of a stream given up for being too slow
STOPPED: Final = "stopped"  # by somebody who inspects attempts
MALFORMED: Final = "upstream_malformed_function_call"  # a tool call that nobody can read
UNREADABLE_CALL: Final = "the model wrote a tool call that cannot be read"
EMPTY: Final = "empty"  # the `code` of an answer that says nothing

# A request that is too large or not processable will be so everywhere.
_FINAL_STATUSES: Final = frozenset({413, 422})
# Another key of the same provider may do better.
_ABOUT_THE_KEY: Final = frozenset({401, 402, 403, 429})


def may_go_on(error: GatewayError, rules: Failover) -> bool:
    """Whether the next target may be asked after this failure."""
    if not rules.enabled or error.code == MALFORMED:
        return False
    status = error.upstream_status
    if status is None or 200 <= status < 300:
        return error.retryable or error.kind is Kind.UNSUPPORTED
    if status == 402 or _is_named(error, rules):
        return True
    if rules.statuses is None:
        return status not in _FINAL_STATUSES
    return status in rules.statuses


def is_about_the_key(error: GatewayError) -> bool:
    """Whether it was our key that the provider objected to, or what was used up with it."""
    return error.upstream_status in _ABOUT_THE_KEY


def tag(error: GatewayError) -> str:
    """Say in a word how an attempt ended, for the list of what was tried."""
    if error.code in (STALLED, STOPPED, EMPTY):
        return str(error.code)
    if error.upstream_status is not None:
        return str(error.upstream_status)
    return "network" if error.kind is Kind.UPSTREAM_DOWN else error.kind.value


def _is_named(error: GatewayError, rules: Failover) -> bool:
    text = f"{error.code or ''} {error.message}".lower()
    return any(word in text for word in rules.errors)
