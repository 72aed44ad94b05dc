"""Which quirks apply to a target: those of its host, and those that configuration names."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from plexus.addons.exchange import Target
from plexus.addons.upstream.client import origin
from plexus.transforms.codec import Traits
from plexus.transforms.quirk import Quirk
from plexus.transforms.registry import discover


@cache
def known_quirks() -> Mapping[str, Quirk]:
    """Return every quirk there is, by name."""
    found: dict[str, Quirk] = discover("plexus.transforms.quirks", "QUIRK")
    return found


def traits_of(target: Target, base_url: str) -> Traits:
    """Return what is known about how this target deviates from its dialect."""
    host = origin(base_url).partition("://")[2].partition(":")[0].lower()
    named = (*target.provider.quirks, *target.model.quirks)
    traits = Traits()
    for quirk in known_quirks().values():
        if quirk.name in named or any(host == h or host.endswith("." + h) for h in quirk.hosts):
            traits = quirk.traits(target.model.name, traits)
    return traits
