"""What `plexus serve` says when it is ready; never a secret."""

from __future__ import annotations

import errno
from collections.abc import Iterable

from plexus.addons.inactive import inactive_features
from plexus.addons.services import Services
from plexus.config.snapshot import Snapshot

_MANY = 12  # names shown before "and N more"
SURFACES = (  # each: its title, the base URL, what is served below it
    (
        "gateway",
        "/v1",
        "POST /chat/completions, /responses, /responses/input_tokens, /messages, "
        "/messages/count_tokens; GET /models",
    ),
    (
        "",
        "/v1beta",
        "POST /models/{model}:generateContent, :streamGenerateContent, :countTokens; GET /models",
    ),
)


def summary(services: Services, host: str, port: int, version: str) -> str:
    """Return the start-up summary as lines of text."""
    snapshot = services.config.current
    base = f"http://{_shown(host)}:{port}"
    rows = [
        *((name, f"{base}{prefix}   ({paths})") for name, prefix, paths in SURFACES),
        ("proxy", f"HTTPS_PROXY={base}   ({_intercepted(snapshot)})"),
        ("trust", f"{services.ca_dir / 'ca.pem'}   (or: plexus run -- COMMAND)"),
        ("config", snapshot.source),
        ("providers", _names(p.name for p in snapshot.providers.values() if p.enabled)),
        ("aliases", _names(snapshot.aliases)),
        ("keys", _keys(snapshot)),
        ("database", services.database),
        *((("workers", str(services.worker.count)),) if services.worker.is_one_of_several else ()),
    ]
    lines = [f"Plexus {version} is ready.", *(f"  {name:<10} {text}" for name, text in rows)]
    warnings = (*snapshot.warnings, *inactive_features(snapshot, services.selectors))
    return "\n".join([*lines, *(f"  warning    {text}" for text in warnings)])


def _shown(host: str) -> str:
    if host in ("", "0.0.0.0", "::"):  # noqa: S104 - shown, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _intercepted(snapshot: Snapshot) -> str:
    hosts = snapshot.intercept.hosts.values()
    routed = [host.host for host in hosts if host.mode == "route"]
    observed = len(hosts) - len(routed)
    if not routed:
        return f"observing {observed} provider hosts"
    return f"observing {observed} provider hosts, routing {_names(routed)}"


def _keys(snapshot: Snapshot) -> str:
    if snapshot.keys is None:
        return "none configured: calls need no key"
    return str(len(snapshot.keys))


def _names(names: Iterable[str]) -> str:
    found = list(names)
    if not found:
        return "none"
    more = f" and {len(found) - _MANY} more" if len(found) > _MANY else ""
    return ", ".join(found[:_MANY]) + more


def in_use(host: str, port: int, error: OSError) -> str:
    """The sentence for an address that cannot be had."""
    if error.errno == errno.EADDRINUSE:
        return (
            f"plexus: port {port} on {_shown(host)} is in use, perhaps by another Plexus; "
            f"stop that one or choose another port, e.g. PORT={port + 1}"
        )
    return f"plexus: cannot listen on {host}:{port}: {error.strerror}; see HOST and PORT"
