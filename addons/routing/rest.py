"""Which failures call for a rest, of what, and for how long (dataplane.md §4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from plexus.config.snapshot import Snapshot
from plexus.transforms.error_text import mask
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import number_at, object_at

SHORTEST_S: Final = 1.0
LONGEST_S: Final = 24 * 3600.0  # whatever a provider asks for
ERROR_CHARS: Final = 500

# Without an HTTP status that says it: errors in a stream, and what happens on the way.
_UPSTREAM: Final = frozenset(
    {
        Kind.RATE_LIMITED,
        Kind.UPSTREAM_AUTH,
        Kind.UPSTREAM_BILLING,
        Kind.UPSTREAM_DOWN,
        Kind.OVERLOADED,
        Kind.UPSTREAM_TIMEOUT,
    }
)
_OURS: Final = frozenset({Kind.INTERNAL, Kind.UNSUPPORTED})
# Google answers a bad key with 400.
_BAD_REQUEST_BUT: Final = frozenset({Kind.UPSTREAM_BILLING, Kind.UPSTREAM_AUTH})
_TOO_MUCH: Final = frozenset({413, 422})  # of this request, not of requests
# The provider gave up on a request that takes long; others may be quick.
_DEADLINE: Final = ("deadline expired", "deadline exceeded", "deadline_exceeded")

_KEY_KINDS: Final = frozenset(
    {Kind.RATE_LIMITED, Kind.UPSTREAM_AUTH, Kind.UPSTREAM_BILLING, Kind.FORBIDDEN}
)
_KEY_STATUSES: Final = frozenset({401, 402, 403, 429})
_REFUSED_KEY: Final = frozenset({401, 403})
_ASKS_TO_WAIT: Final = frozenset({429, 503, 529})
_BUSY: Final = frozenset({Kind.RATE_LIMITED, Kind.OVERLOADED})


@dataclass(frozen=True, slots=True, kw_only=True)
class RestRules:
    """The `cooldown` section, and the providers that never rest (`disable_cooldown`)."""

    first_s: float = 120.0
    longest_s: float = 18_000.0
    exempt: frozenset[str] = frozenset()


def rules_of(snapshot: Snapshot) -> RestRules:
    """Return the rules that a configuration sets."""
    section = object_at(snapshot.sections, "cooldown") or {}
    first, longest = number_at(section, "initialMinutes"), number_at(section, "maxMinutes")
    return RestRules(
        first_s=120.0 if first is None else first * 60,
        longest_s=18_000.0 if longest is None else longest * 60,
        exempt=frozenset(p.name for p in snapshot.providers.values() if p.disable_cooldown),
    )


def calls_for_rest(error: GatewayError) -> bool:
    """Whether calls should keep away from a target that failed so (§4.2)."""
    status = error.upstream_status
    if error.kind in _OURS or status in _TOO_MUCH or _is_deadline(error):
        return False
    if status is None or 200 <= status < 300:
        return error.kind in _UPSTREAM
    return status != 400 or error.kind in _BAD_REQUEST_BUT


def is_about_credential(error: GatewayError) -> bool:
    """Whether only the key is to rest: another key of the same provider may do better."""
    return error.kind in _KEY_KINDS or error.upstream_status in _KEY_STATUSES


def is_credential_problem(error: GatewayError) -> bool:
    """Whether the provider refused our key, which no waiting mends."""
    return error.kind is Kind.UPSTREAM_AUTH or error.upstream_status in _REFUSED_KEY


def asked_s(error: GatewayError) -> float | None:
    """Return the seconds that the provider asked for, brought to a sane range (§4.3)."""
    if error.retry_after is None or not _may_ask(error):
        return None
    return min(max(error.retry_after, SHORTEST_S), LONGEST_S)


def formula_s(failures: int, rules: RestRules) -> float:
    """Return the seconds to rest after so many failures in a row: doubled each time (§4.1)."""
    doublings = min(failures - 1, 64)  # a float holds that, and nothing is that patient
    return min(rules.first_s * 2.0**doublings, rules.longest_s)


def told(error: GatewayError) -> str:
    """Return what to remember of the failure: at most 500 characters, no credential."""
    status = error.upstream_status
    text = error.message if status is None else f"{status}: {error.message}"
    return mask(text)[:ERROR_CHARS]


def _is_deadline(error: GatewayError) -> bool:
    words = f"{error.code or ''} {error.message}".lower()
    return any(word in words for word in _DEADLINE)


def _may_ask(error: GatewayError) -> bool:
    status = error.upstream_status
    if status is None or 200 <= status < 300:
        return error.kind in _BUSY
    return status in _ASKS_TO_WAIT
