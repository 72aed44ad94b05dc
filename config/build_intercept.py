"""Turn the `intercept` section and the built-in hosts into the intercepting door."""

from __future__ import annotations

from pathlib import Path

from plexus.config.hosts import HOSTS
from plexus.config.schema.intercept import (
    InterceptHostSection,
    InterceptSection,
    normal_host,
    parse_endpoint,
)
from plexus.config.snapshot import Intercept, InterceptHost


def build_intercept(section: InterceptSection, folder: Path) -> Intercept:
    """Return the intercepting door: the built-in hosts, overridden and added to by the section."""
    written = {normal_host(name): entry for name, entry in section.hosts.items()}
    known = {host: (dialect, provider) for host, dialect, provider in HOSTS}
    names = dict.fromkeys([*known, *written])
    blank = InterceptHostSection()
    hosts = {
        name: _host(name, written.get(name, blank), known.get(name), section) for name in names
    }
    ca = section.upstream_ca
    return Intercept(
        mode=section.mode,
        default_key=section.default_key,
        upstream_ca=None if ca is None else str(folder / ca),
        hosts=hosts,
    )


def _host(
    name: str,
    entry: InterceptHostSection,
    built_in: tuple[str, str] | None,
    section: InterceptSection,
) -> InterceptHost:
    dialect, provider = built_in if built_in is not None else ("openai", name)
    return InterceptHost(
        host=name,
        mode=entry.mode if entry.mode is not None else section.mode,
        dialect=entry.dialect if entry.dialect is not None else dialect,
        provider=provider,
        connect_to=None if entry.connect_to is None else parse_endpoint(entry.connect_to),
    )
