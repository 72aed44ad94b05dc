"""How a provider deviates from its dialect: the protocol of the plug-ins in `quirks/`."""

from __future__ import annotations

from typing import ClassVar, Protocol

from plexus.transforms.codec import Traits


class Quirk(Protocol):
    """One provider's deviations: facts in `traits`, applied where its host or name turns up."""

    name: ClassVar[str]  # as configuration names it
    hosts: ClassVar[tuple[str, ...]]  # where it applies unasked; subdomains included

    def traits(self, model: str, traits: Traits) -> Traits:
        """Return `traits` as they are for `model` at this provider."""
        ...
