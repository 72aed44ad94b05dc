"""Which quirks apply to a target: those of its host, and those that configuration names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from plexus.addons.exchange import Target
from plexus.addons.upstream.client import origin
from plexus.config.snapshot import Adapter
from plexus.transforms import plugins
from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.quirk import Quirk
from plexus.transforms.wire import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a model at its provider; `adapters` are the names its quirks bring along."""

    model: str
    traits: Traits
    quirks: tuple[Quirk, ...] = ()
    adapters: tuple[str, ...] = ()

    def mended(self, body: JsonObject, receipt: Receipt) -> JsonObject:
        """Return a translated body as the provider takes it."""
        for quirk in self.quirks:
            body = quirk.mend_request(body, self.model, receipt)
        return body


def known_quirks() -> Mapping[str, Quirk]:
    """Return every quirk there is, by name."""
    return plugins.quirks()


def known_of(target: Target, base_url: str, dialect: str) -> Known:
    """Return what is known about a target that is spoken to in `dialect`.

    What configuration names outranks what the host implies; `enabled: false` takes either away.
    """
    host = origin(base_url).partition("://")[2].partition(":")[0].lower()
    return _known(host, dialect, tuple(_named(target).items()), target.model.name)


def _named(target: Target) -> Mapping[str, bool]:
    named: dict[str, bool] = {}
    for owner in (target.provider, target.model):
        for name, enabled in _uses(owner.quirks, owner.adapters):
            named.pop(name, None)  # the last word counts, also for the order
            named[name] = enabled
    return named


def _uses(quirks: tuple[str, ...], adapters: tuple[Adapter, ...]) -> Iterator[tuple[str, bool]]:
    yield from ((name, True) for name in quirks)
    yield from ((adapter.name, adapter.enabled) for adapter in adapters)


# One entry per host, model and configuration of it; past calls cost nothing but their memory.
@lru_cache(maxsize=1024)
def _known(host: str, dialect: str, named: tuple[tuple[str, bool], ...], model: str) -> Known:
    wanted = dict(named)
    found = [
        quirk
        for quirk in known_quirks().values()
        if quirk.name not in wanted and _is_of(quirk, host)
    ]
    found += [known_quirks()[name] for name, on in named if on and name in known_quirks()]
    quirks = tuple(q for q in found if not q.dialects or dialect in q.dialects)
    traits = Traits()
    for quirk in quirks:
        traits = quirk.traits(model, traits)
    return Known(
        model=model,
        traits=traits,
        quirks=quirks,
        adapters=tuple(name for quirk in quirks for name in quirk.adapters),
    )


def _is_of(quirk: Quirk, host: str) -> bool:
    return any(host == known or host.endswith("." + known) for known in quirk.hosts)
