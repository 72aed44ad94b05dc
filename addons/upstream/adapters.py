"""Which adapters change a target's requests, and in which order (dataplane.md §5.10)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from plexus.addons.exchange import Target
from plexus.addons.upstream.quirks import Known
from plexus.config.snapshot import Adapter
from plexus.transforms import plugins
from plexus.transforms.adapter import Change, Place
from plexus.transforms.codec import Receipt
from plexus.transforms.wire import JsonObject, dump, parse_object


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What is done to a request's body: first what its place implies, then what is configured."""

    place: Place
    implied: tuple[Change, ...] = ()
    configured: tuple[Change, ...] = ()


def steps_for(target: Target, known: Known, dialect: str) -> Steps:
    """Return the steps: implied ones, then the provider's, then the model's.

    A use that is not enabled takes earlier ones of its name away.
    """
    place = Place(model=known.model, dialect=dialect, official=known.traits.official)
    implied = list(_implied(place, known.adapters))
    configured: list[Adapter] = []
    for use in (*target.provider.adapters, *target.model.adapters):
        if not use.enabled:
            implied = [name for name in implied if name != use.name]
            configured = [earlier for earlier in configured if earlier.name != use.name]
        elif use.name in plugins.adapters():
            configured.append(use)
    return Steps(
        place=place,
        implied=tuple(_bound(name, b"{}") for name in implied),
        configured=tuple(_bound(use.name, dump(use.options)) for use in configured),
    )


def applied(
    steps: Iterable[Change], body: JsonObject, place: Place, receipt: Receipt
) -> JsonObject:
    """Return the body after all the steps: the same object if none changes it."""
    for step in steps:
        body = step(body, place, receipt)
    return body


@lru_cache(maxsize=1024)
def _implied(place: Place, brought: tuple[str, ...]) -> tuple[str, ...]:
    known = plugins.adapters().items()
    return tuple(name for name, adapter in known if name in brought or adapter.implied(place))


@lru_cache(maxsize=256)
def _bound(name: str, options: bytes) -> Change:
    # Options are parsed once; that they are sound was checked when the configuration was read.
    return plugins.adapters()[name].bind(parse_object(options))
