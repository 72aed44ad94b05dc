"""The one exception of Plexus: what went wrong, where, and whose fault it is."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, override

if TYPE_CHECKING:  # wire raises these errors itself
    from plexus.transforms.wire import JsonObject


class Kind(enum.StrEnum):
    """What went wrong. The comment says whose fault it is."""

    BAD_REQUEST = "bad_request"  # client
    UNAUTHENTICATED = "unauthenticated"  # client
    FORBIDDEN = "forbidden"  # client
    NOT_FOUND = "not_found"  # client
    TOO_LARGE = "too_large"  # client
    CONTEXT_OVERFLOW = "context_overflow"  # client
    FILTERED = "filtered"  # client
    UNSUPPORTED = "unsupported"  # client: a request the chosen target cannot express
    QUOTA = "quota"  # client: over a limit that we enforce
    RATE_LIMITED = "rate_limited"  # upstream
    UPSTREAM_AUTH = "upstream_auth"  # upstream, or rather our credential for it
    UPSTREAM_BILLING = "upstream_billing"  # upstream: our account there is out of credit
    UPSTREAM_DOWN = "upstream_down"  # upstream
    OVERLOADED = "overloaded"  # upstream
    UPSTREAM_TIMEOUT = "upstream_timeout"  # upstream
    UPSTREAM_INVALID = "upstream_invalid"  # upstream: a reply that cannot be understood
    UNAVAILABLE = "unavailable"  # gateway: nothing healthy to send the call to
    INTERNAL = "internal"  # gateway


# dataplane.md §1.7; an upstream's refusal of *our* credential must not look like the client's
# (wire-formats.md §9), hence 502.
STATUS: Final[Mapping[Kind, int]] = {
    Kind.BAD_REQUEST: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.TOO_LARGE: 413,
    Kind.CONTEXT_OVERFLOW: 400,
    Kind.FILTERED: 400,
    Kind.UNSUPPORTED: 400,
    Kind.QUOTA: 429,
    Kind.RATE_LIMITED: 429,
    Kind.UPSTREAM_AUTH: 502,
    Kind.UPSTREAM_BILLING: 502,
    Kind.UPSTREAM_DOWN: 502,
    Kind.OVERLOADED: 503,
    Kind.UPSTREAM_TIMEOUT: 504,
    Kind.UPSTREAM_INVALID: 502,
    Kind.UNAVAILABLE: 503,
    Kind.INTERNAL: 500,
}

RETRYABLE: Final = frozenset(
    {
        Kind.NOT_FOUND,
        Kind.FORBIDDEN,
        Kind.RATE_LIMITED,
        Kind.UPSTREAM_AUTH,
        Kind.UPSTREAM_BILLING,
        Kind.UPSTREAM_DOWN,
        Kind.OVERLOADED,
        Kind.UPSTREAM_TIMEOUT,
        Kind.UPSTREAM_INVALID,
    }
)


class GatewayError(Exception):
    """A failure that a client may be told about.

    `where` names the field, provider or stage; `retry_after` is in seconds; `code` is the
    failing side's error code (`model_not_found`), `upstream_status` the HTTP status it gave.
    `details` are further fields for the client's error object, beside those of its format.
    The message must never hold a credential.
    """

    def __init__(
        self,
        kind: Kind,
        message: str,
        *,
        where: str | None = None,
        retry_after: float | None = None,
        code: str | None = None,
        upstream_status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.where = where
        self.retry_after = retry_after
        self.code = code
        self.upstream_status = upstream_status
        self.details: JsonObject = {}

    @property
    def status(self) -> int:
        """The HTTP status a client gets for this kind of error (dataplane.md §1.7)."""
        return STATUS[self.kind]

    @property
    def retryable(self) -> bool:
        """Whether another target may succeed where this one failed (dataplane.md §3.1)."""
        return self.kind in RETRYABLE

    @override
    def __repr__(self) -> str:
        return f"GatewayError({self.kind.value}, {self.message!r}, where={self.where!r})"
