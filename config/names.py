"""Tell which provider serves a model name that no alias claims."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class NameIndex:
    """Look-up tables over the `serves` patterns of providers.

    A pattern without `*` names one model. `<provider>/*` takes whatever stands behind the
    provider's own name. Any other pattern is a family; one that begins with `*` is a last resort.
    """

    exact: Mapping[str, str] = field(default_factory=dict)
    prefixes: frozenset[str] = frozenset()
    families: tuple[tuple[re.Pattern[str], str], ...] = ()

    @classmethod
    def of(cls, serves: Mapping[str, tuple[str, ...]]) -> Self:
        """Make the tables from provider names and their patterns; the first provider wins."""
        exact: dict[str, str] = {}
        prefixes: set[str] = set()
        families: list[tuple[int, str, str]] = []
        for provider, patterns in serves.items():
            for pattern in patterns:
                if "*" not in pattern:
                    exact.setdefault(pattern, provider)
                elif pattern == f"{provider}/*":
                    prefixes.add(provider)
                else:
                    families.append((_rank(pattern), pattern, provider))
        ordered = sorted(families, key=lambda family: family[0])
        return cls(
            exact=exact,
            prefixes=frozenset(prefixes),
            families=tuple((_compiled(pattern), provider) for _, pattern, provider in ordered),
        )

    def find(self, model: str) -> tuple[str, str] | None:
        """Return the provider's name and what it calls `model`, `None` if nobody serves it."""
        if (provider := self.exact.get(model)) is not None:
            return provider, model
        prefix, _, rest = model.partition("/")
        if rest and prefix in self.prefixes:
            return prefix, rest
        for pattern, provider in self.families:
            if pattern.match(model):
                return provider, model
        return None


def _rank(pattern: str) -> int:
    if pattern == "*":
        return 2
    return 1 if pattern.startswith("*") else 0


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(pattern))
