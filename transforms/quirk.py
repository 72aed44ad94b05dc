"""How a provider deviates from its dialect: the protocol of the plug-ins in `quirks/`, as data."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.wire import JsonObject

type Change = Callable[[Traits], Traits]
type Mend = Callable[[JsonObject, str, Receipt], JsonObject]


class Quirk(Protocol):
    """One provider's deviations, applied where its host turns up or configuration names it."""

    @property
    def name(self) -> str:
        """As configuration names it."""
        ...

    @property
    def hosts(self) -> tuple[str, ...]:
        """Where it applies unasked; subdomains included."""
        ...

    @property
    def dialects(self) -> tuple[str, ...]:
        """Of which dialects' requests it knows something; empty: of all."""
        ...

    @property
    def adapters(self) -> tuple[str, ...]:
        """The adapters that it brings along, without options."""
        ...

    @property
    def web_search(self) -> JsonObject | None:
        """The entry of `tools` that has this provider search the web; `None`s are to be filled."""
        ...

    def traits(self, model: str, traits: Traits) -> Traits:
        """Return `traits` as they are for `model` at this provider."""
        ...

    def mend_request(self, body: JsonObject, model: str, receipt: Receipt) -> JsonObject:
        """Return a translated request without what this provider refuses; `body` stays as it is."""
        ...


def _unchanged(traits: Traits) -> Traits:
    return traits


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Models that are alike: those whose bare name begins as the pattern `models` says."""

    models: str
    given: Change = _unchanged
    refuses: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A quirk that is data: what is known of a provider, and of the model families it serves.

    What is `given` of the first family that a model belongs to comes on top of the provider's own;
    `refuses` names top-level request fields that get a 400, the family's and the provider's.
    """

    name: str
    hosts: tuple[str, ...] = ()
    dialects: tuple[str, ...] = ()
    given: Change = _unchanged
    refuses: frozenset[str] = frozenset()
    families: tuple[Family, ...] = ()
    adapters: tuple[str, ...] = ()
    web_search: JsonObject | None = None
    mend: Mend | None = None

    def traits(self, model: str, traits: Traits) -> Traits:
        """Return `traits` with what is known of `model` laid over them."""
        known = self.given(traits)
        family = self._family(model)
        return known if family is None else family.given(known)

    def mend_request(self, body: JsonObject, model: str, receipt: Receipt) -> JsonObject:
        """Return the request in this provider's shape, without the fields that it refuses."""
        mended = body if self.mend is None else self.mend(body, model, receipt)
        family = self._family(model)
        refused = self.refuses if family is None else self.refuses | family.refuses
        found = [key for key in mended if key in refused]
        for key in found:
            receipt.dropped(key, f"{self.name} refuses it")
        return {k: v for k, v in mended.items() if k not in refused} if found else mended

    def _family(self, model: str) -> Family | None:
        name = bare(model)
        return next((family for family in self.families if re.match(family.models, name)), None)


def bare(model: str) -> str:
    """Return a model's own name in lower case: `OpenAI/GPT-5` and `models/gpt-5` are `gpt-5`."""
    return model.rpartition("/")[2].lower()
