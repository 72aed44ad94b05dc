"""Say which configured features this version accepts but does not act on yet: never in silence."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Final

from plexus.config.snapshot import Alias, Provider, Snapshot

_ALIAS: Final[tuple[tuple[str, Callable[[Alias], bool]], ...]] = (
    ("use_image_fallthrough", lambda alias: alias.use_image_fallthrough),
    ("advanced", lambda alias: bool(alias.advanced)),
)
_PROVIDER: Final[tuple[tuple[str, Callable[[Provider], bool]], ...]] = (
    ("oauth", lambda provider: provider.oauth_provider is not None),
)
# A section has an effect only when one of these of its fields is set.
_SECTIONS: Final = (
    ("vision_fallthrough", ("descriptor_model",)),
    ("stall", ("ttfbSeconds", "minBytesPerSecond")),
    ("compaction", ("enabled",)),
)


def inactive_features(snapshot: Snapshot, selectors: Collection[str]) -> list[str]:
    """Return one sentence for each configured feature that has no effect in this version."""
    return [
        f"{what} is configured and checked, but has no effect in this version"
        for what in dict.fromkeys(_found(snapshot, selectors))
    ]


def _found(snapshot: Snapshot, selectors: Collection[str]) -> Iterator[str]:
    for alias in snapshot.aliases.values():
        yield from (
            f"selector: {group.selector} (in_order is used instead)"
            for group in alias.groups
            if group.selector not in selectors
        )
        yield from (name for name, is_set in _ALIAS if is_set(alias))
    for provider in snapshot.providers.values():
        yield from (name for name, is_set in _PROVIDER if is_set(provider))
    if snapshot.mcp_servers:
        yield "mcp_servers"
    for name, telling in _SECTIONS:
        section = snapshot.sections.get(name)
        if isinstance(section, dict) and any(section.get(field) for field in telling):
            yield name
