"""What a configuration alone says about where calls may go: worked out once, kept while it holds.

Name resolution is dataplane.md §2.2, candidate construction §2.3, the filters that need no state
§2.4.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from plexus.addons.exchange import Target
from plexus.addons.routing.candidate import Candidate, Labelled, typical_cost
from plexus.addons.routing.filters import TYPE_OF, Tier, suits, tiers
from plexus.addons.routing.found import Found, Section, is_settled
from plexus.addons.routing.measures import Measures
from plexus.addons.routing.selector import Selector
from plexus.config.snapshot import Alias, Model, Provider, Snapshot, TargetGroup, TargetRef
from plexus.transforms.codec import Operation
from plexus.transforms.errors import GatewayError, Kind

DIRECT = "direct/"


@dataclass(slots=True, kw_only=True)
class Catalogue:
    """The places of one snapshot."""

    snapshot: Snapshot
    selectors: Mapping[str, Selector]
    measures: Measures
    labelled: Labelled = field(default_factory=Labelled)
    _found: dict[tuple[str, str, Operation], Found] = field(default_factory=dict)
    _candidates: dict[tuple[str, str], Candidate] = field(default_factory=dict)

    def find(self, requested: str, dialect: str, operation: Operation) -> Found:
        """Return where the name leads. Raise `GatewayError` (400, 404) if it leads nowhere."""
        key = (requested, dialect, operation)
        found = self._found.get(key)
        if found is None:
            found = self._find(requested, dialect, operation)
            # Clients choose the names behind direct/, so only those that lead to aliases are kept.
            if found.alias is not None:
                self._found[key] = found
        return found

    def rate(self, name: str) -> float:
        """Return a setting that says how often to explore, 0 to 1."""
        value = self.snapshot.sections.get(name)
        return float(value) if isinstance(value, int | float) else 0.0

    def candidate(self, provider: Provider, name: str) -> Candidate:
        """Return the one candidate for a provider's model."""
        found = self._candidates.get((provider.name, name))
        if found is None:
            found = self._new(provider, model_of(provider, name))
            self._candidates[provider.name, name] = found
        return found

    def _new(self, provider: Provider, model: Model) -> Candidate:
        return replace(
            _stranger(provider, model.name),
            cost=typical_cost(model),
            measured=self.measures.of(provider.name, model.name),
        )

    def _find(self, requested: str, dialect: str, operation: Operation) -> Found:
        name = requested.removeprefix("models/")
        if name.startswith(DIRECT):
            return self._direct(requested, name.removeprefix(DIRECT), dialect, operation)
        alias = self.snapshot.alias(name)
        if alias is not None:
            return self._alias(alias, alias.groups, dialect, operation)
        served = self.snapshot.by_name(name)
        if served is not None:
            return self._single(*served, f"serves {name}")
        raise _unknown(requested, self.snapshot)

    def _direct(self, requested: str, rest: str, dialect: str, operation: Operation) -> Found:
        owner, slash, tail = rest.partition("/")
        if not slash or not tail:
            raise GatewayError(
                Kind.BAD_REQUEST,
                f"{requested!r} must be direct/<provider>/<model> or direct/<alias>/<group>",
                where="model",
            )
        alias = self.snapshot.alias(owner)
        if alias is None:
            provider = _direct_provider(rest, self.snapshot)
            model = rest.removeprefix(provider.name + "/")
            return self._single(provider, model, "named directly")
        groups = tuple(group for group in alias.groups if group.name == tail)
        if not groups:
            raise GatewayError(
                Kind.NOT_FOUND, f"alias {owner!r} has no group {tail!r}", where="model"
            )
        return self._alias(alias, groups, dialect, operation)

    def _single(self, provider: Provider, model: str, why: str) -> Found:
        # Clients choose these names: what is kept of them must not grow.
        is_listed = model in provider.models
        one = self.candidate(provider, model) if is_listed else _stranger(provider, model)
        tier = Tier("", (one,))
        section = Section(says=why, selector=None, tiers=(tier,))
        return Found(alias=None, sections=(section,))

    def _alias(
        self, alias: Alias, groups: tuple[TargetGroup, ...], dialect: str, operation: Operation
    ) -> Found:
        walk = _Walk(catalogue=self, outer=alias, dialect=dialect, operation=operation)
        walk.aliases.add(alias.name)
        sections = tuple(walk.sections(alias, groups))
        if not sections and walk.unfit:
            raise _no_such_api(alias, operation, walk.unfit)
        return Found(
            alias=alias,
            sections=sections,
            skipped=tuple(walk.skipped),
            is_settled=is_settled(alias, sections),
        )


@dataclass(slots=True, kw_only=True)
class _Walk:
    """Through an alias and those it leads to: each alias and each target once."""

    catalogue: Catalogue
    outer: Alias
    dialect: str
    operation: Operation
    aliases: set[str] = field(default_factory=set)
    taken: set[tuple[str, str]] = field(default_factory=set)  # providers' models
    skipped: list[str] = field(default_factory=list)
    unfit: list[str] = field(default_factory=list)  # targets of another type

    def sections(self, alias: Alias, groups: tuple[TargetGroup, ...]) -> Iterator[Section]:
        inner = "" if alias is self.outer else f"alias {alias.name}, "
        selectors = self.catalogue.selectors
        for group in groups:
            selector = selectors.get(group.selector, selectors["in_order"])
            own = [c for ref in group.targets if ref.alias is None for c in self._own(alias, ref)]
            split = tiers(own, self.dialect, api_match=alias.api_match)
            if split:
                says = f"{inner}group {group.name}, {selector.name}"
                yield Section(says=says, selector=selector, tiers=split)
            for ref in group.targets:
                if ref.alias is not None:
                    yield from self._nested(ref, ref.alias)

    def _nested(self, ref: TargetRef, name: str) -> Iterator[Section]:
        alias = self.catalogue.snapshot.alias(name)
        if not ref.enabled:
            self.skipped.append(f"alias {name}: target is disabled")
        elif alias is None:
            self.skipped.append(f"alias {name}: is not configured")
        elif alias.name in self.aliases:
            self.skipped.append(f"alias {name}: leads to where the call was already")
        else:
            self.aliases.add(alias.name)
            yield from self.sections(alias, alias.groups)

    def _own(self, alias: Alias, ref: TargetRef) -> Iterator[Candidate]:
        name = f"{ref.provider}/{ref.model}"
        provider = self.catalogue.snapshot.providers.get(ref.provider or "")
        if not ref.enabled:
            self.skipped.append(f"{name}: target is disabled")
        elif provider is None:
            self.skipped.append(f"{name}: provider {ref.provider!r} is not configured")
        elif not provider.enabled:
            self.skipped.append(f"{name}: provider is disabled")
        elif (place := (provider.name, ref.model or "")) not in self.taken:
            candidate = self.catalogue.candidate(provider, ref.model or "")
            if any(suits(candidate, one, self.operation) for one in (alias, self.outer)):
                self.taken.add(place)
                yield candidate
            else:
                kind = candidate.target.model.type
                self.unfit.append(name)
                self.skipped.append(f"{name}: a model of type {kind}")


def model_of(provider: Provider, name: str) -> Model:
    """Return the provider's model; one that it does not list is allowed, its price unknown."""
    return provider.models.get(name) or Model(name=name)


def _stranger(provider: Provider, name: str) -> Candidate:
    model = model_of(provider, name)
    target = Target(provider=provider, model=model, reason="", api_key=provider.api_key)
    keys = provider.api_keys
    return Candidate(
        target=target,
        keyed=tuple(replace(target, api_key=key) for key in keys) if keys else (target,),
        is_limited=provider.max_concurrency is not None or model.max_concurrency is not None,
    )


def _direct_provider(rest: str, snapshot: Snapshot) -> Provider:
    # A provider's name may hold slashes itself, so the longest that fits is meant.
    fitting = [p for p in snapshot.providers.values() if rest.startswith(p.name + "/")]
    provider = max(fitting, key=lambda p: len(p.name), default=None)
    if provider is None or not provider.enabled:
        what = "unknown" if provider is None else "disabled"
        name = rest.partition("/")[0] if provider is None else provider.name
        raise GatewayError(Kind.NOT_FOUND, f"provider {name!r} is {what}", where="model")
    return provider


def _unknown(requested: str, snapshot: Snapshot) -> GatewayError:
    near = difflib.get_close_matches(requested, snapshot.aliases, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return GatewayError(
        Kind.NOT_FOUND,
        f"the model {requested!r} does not exist here{hint}",
        where="model",
        code="model_not_found",
    )


def _no_such_api(alias: Alias, operation: Operation, unfit: list[str]) -> GatewayError:
    wanted = TYPE_OF[operation]
    return GatewayError(
        Kind.BAD_REQUEST,
        f"the model {alias.name!r} does not support this API: {', '.join(unfit)} "
        f"{'is' if len(unfit) == 1 else 'are'} not of type {wanted}; "
        f"where that is wrong, set `type: {wanted}` at the provider's model",
        where="model",
        code="unsupported_api",
    )
