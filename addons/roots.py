"""Which certificate authorities vouch for providers: the public ones, and those that users add."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path

from plexus.certs.trust import write_bundle


def provider_roots(data_dir: Path, extra: str | None, env: Mapping[str, str]) -> Path:
    """Return the path of a PEM file with every root that is trusted for providers."""
    added = [Path(extra)] if extra is not None else []
    return write_bundle(data_dir / "ca" / "provider-roots.pem", added, env)


def tls_context(roots: Path) -> ssl.SSLContext:
    """Return the TLS settings towards providers."""
    context = ssl.create_default_context(cafile=str(roots))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
