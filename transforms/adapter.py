"""Rewrite the request that goes to a provider: the protocol of the plug-ins in `adapters/`.

Where a quirk says what a provider is like, so that requests are written for it, an adapter changes
a finished body, also one that is passed through (dataplane.md §5.10).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from plexus.transforms.codec import Receipt
from plexus.transforms.wire import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a request goes."""

    model: str  # as the provider calls it
    dialect: str
    official: bool = False  # to the vendor that owns the dialect


type Change = Callable[[JsonObject, Place, Receipt], JsonObject]


class Adapter(Protocol):
    """One way of changing requests; the body that it is given stays as it is."""

    @property
    def name(self) -> str:
        """As configuration names it."""
        ...

    def implied(self, place: Place) -> bool:
        """Whether it applies there without being asked for."""
        ...

    def check(self, options: JsonObject) -> list[str]:
        """Return what is wrong with its options, as `path: what`."""
        ...

    def bind(self, options: JsonObject) -> Change:
        """Return the change that these options ask for; an unchanged body is the same object."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """An adapter without options."""

    name: str
    change: Change
    where: Callable[[Place], bool] = lambda _: False

    def implied(self, place: Place) -> bool:
        """Whether it applies there without being asked for."""
        return self.where(place)

    def check(self, options: JsonObject) -> list[str]:
        """Return a complaint about each option: there are none."""
        return [f"{key}: is no option; {self.name} has none" for key in options]

    def bind(self, options: JsonObject) -> Change:
        """Return the change."""
        del options
        return self.change


@dataclass(frozen=True, slots=True, kw_only=True)
class Optioned[T]:
    """An adapter with options: `read` parses them once and adds what is wrong to a list."""

    name: str
    read: Callable[[JsonObject, list[str]], T]
    change: Callable[[JsonObject, T, Place, Receipt], JsonObject]

    def implied(self, place: Place) -> bool:
        """Without options it can do nothing."""
        del place
        return False

    def check(self, options: JsonObject) -> list[str]:
        """Return what is wrong with the options."""
        problems: list[str] = []
        self.read(options, problems)
        return problems

    def bind(self, options: JsonObject) -> Change:
        """Return the change; raise `ValueError` for options in which `check` finds a fault."""
        problems: list[str] = []
        parsed = self.read(options, problems)
        if problems:
            raise ValueError(f"{self.name}: {'; '.join(problems)}")

        def change(body: JsonObject, place: Place, receipt: Receipt) -> JsonObject:
            return self.change(body, parsed, place, receipt)

        return change
