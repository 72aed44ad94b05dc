"""The quirks, the adapters and the counters there are, found once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from plexus.transforms.adapter import Adapter
from plexus.transforms.counter import Counter
from plexus.transforms.quirk import Quirk
from plexus.transforms.registry import discover


@cache
def quirks() -> Mapping[str, Quirk]:
    """Return every quirk by name. Raise `LookupError` for a plug-in that is none."""
    found: dict[str, Quirk] = discover("plexus.transforms.quirks", "QUIRK")
    return found


@cache
def adapters() -> Mapping[str, Adapter]:
    """Return every adapter by name. Raise `LookupError` for a plug-in that is none."""
    found: dict[str, Adapter] = discover("plexus.transforms.adapters", "ADAPTER")
    return found


@cache
def counters() -> Mapping[str, Counter]:
    """Return the counter of each dialect that has one. Raise `LookupError` for one that is none."""
    found: dict[str, Counter] = discover("plexus.transforms.counters", "COUNTER")
    return found
