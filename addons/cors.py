"""Which web pages may call the gateway.

With keys, any page that has one (dataplane.md §1.1). Without keys, none: every page in the user's
browser could reach 127.0.0.1 and spend the provider keys that stand behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from plexus.config.snapshot import Snapshot

_EXPOSED: Final = ", ".join(
    (
        "x-request-id", "x-client-request-id", "x-plexus-request-id", "x-plexus-dropped",
        "x-plexus-quota", "x-plexus-quota-limit", "x-plexus-quota-remaining",
        "x-plexus-quota-reset", "x-plexus-quota-warning",
    )
)  # fmt: skip

CORS_REPLY: Final[Mapping[str, str]] = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": _EXPOSED,
}
CORS_PREFLIGHT: Final[Mapping[str, str]] = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
    "access-control-allow-headers": "*, authorization",
    "access-control-max-age": "600",
}

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def is_cors_open(snapshot: Snapshot) -> bool:
    """Whether pages of any origin may read replies."""
    return snapshot.keys is not None


def is_foreign_page(headers: Mapping[str, str]) -> bool:
    """Whether a request comes from a web page that is not served from this machine."""
    origin = headers.get("origin")
    if origin is None:
        return False
    return urlsplit(origin).hostname not in _LOOPBACK
