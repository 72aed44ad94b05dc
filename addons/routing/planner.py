"""Plan a call: from a model name to ordered targets, with a reason for each and for each left out.

Pure but for turns and draws: no I/O, and nothing that waits (dataplane.md §2).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from plexus.addons.exchange import Exchange, Plan, Principal, Target
from plexus.addons.routing.by_measure import ByMeasure
from plexus.addons.routing.candidate import Candidate, Labelled
from plexus.addons.routing.catalogue import Catalogue
from plexus.addons.routing.explorer import ExplorationRules, Explorer, rules_of
from plexus.addons.routing.found import Found, Section
from plexus.addons.routing.health import Health
from plexus.addons.routing.keys import Rotation
from plexus.addons.routing.policy import (
    allows_model,
    allows_provider,
    model_denied,
    names_of,
    providers_denied,
    restricts_providers,
)
from plexus.addons.routing.selector import Selector
from plexus.addons.routing.sieve import Sieve, is_open
from plexus.config.snapshot import Alias, Key, Snapshot
from plexus.transforms.codec import Operation
from plexus.transforms.value import quickly_made


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a call asks for; `exchange` tells which conversation it belongs to, if any."""

    snapshot: Snapshot
    model: str
    principal: Principal
    dialect: str = "chat"
    operation: Operation = Operation.CHAT
    exchange: Exchange | None = None


class Planner:
    """Plans calls; remembers whose turn it is, and what the current configuration amounts to."""

    def __init__(
        self,
        selectors: Mapping[str, Selector],
        health: Health,
        random: Callable[[], float],
        explorer: Explorer | None = None,
    ) -> None:
        self._selectors = selectors
        self._health = health
        self._random = random
        self._explorer = explorer
        self._exploration = ExplorationRules()
        self._rotation = Rotation()
        self._catalogue: Catalogue | None = None

    def plan(self, asked: Asked) -> Plan:
        """Return where the call may go, at least one target. Raise `GatewayError` when nowhere."""
        catalogue = self._of(asked.snapshot)
        found = catalogue.find(asked.model, asked.dialect, asked.operation)
        if (key := asked.principal.key) is not None:
            _check_access(key, asked.model, found)
        self._health.measures.tidy()
        plan = self._planned(asked, found, catalogue)
        if self._explorer is not None:
            self._explorer.consider(found, self._exploration)
        return plan

    def _planned(self, asked: Asked, found: Found, catalogue: Catalogue) -> Plan:
        key, is_forgiving = asked.principal.key, _is_forgiving(asked)
        if not found.is_settled or not is_open(self._health, key, is_forgiving=is_forgiving):
            return self._made(asked, found, catalogue)
        # Nothing that changes from call to call has a say in it, so one plan does for all.
        if found.usual is None:
            found.usual = self._made(asked, found, catalogue)
        return found.usual

    def _made(self, asked: Asked, found: Found, catalogue: Catalogue) -> Plan:
        sieve = Sieve(
            health=self._health,
            key=asked.principal.key,
            skipped=list(found.skipped),
            is_forgiving=_is_forgiving(asked),
        )
        draw = self._random()  # once, however many groups there are to explore
        targets = [
            t for section in found.sections for t in self._ordered(section, catalogue, sieve, draw)
        ]
        if not targets:
            raise sieve.refusal(asked.model)
        if found.alias is not None and found.alias.sticky_session and asked.exchange is not None:
            targets = self._hoisted(targets, asked.exchange, found.alias)
        self._rotation.used(targets[0])
        return _plan(asked.model, found.alias, targets, sieve.skipped)

    def _of(self, snapshot: Snapshot) -> Catalogue:
        if self._catalogue is None or self._catalogue.snapshot is not snapshot:
            self._catalogue = Catalogue(
                snapshot=snapshot, selectors=self._selectors, measures=self._health.measures
            )
            self._exploration = rules_of(snapshot)
        return self._catalogue

    def _ordered(
        self, section: Section, catalogue: Catalogue, sieve: Sieve, draw: float
    ) -> list[Target]:
        kept = [(tier.note, sieve.kept(tier.candidates)) for tier in section.tiers]
        selector = section.selector
        if selector is None:
            alone = [candidate for _, candidates in kept for candidate in candidates]
            return [t for c in alone for t in self._keyed(c, section.says, sieve, Labelled())]
        found: list[Target] = []
        place, total = 0, sum(len(candidates) for _, candidates in kept)
        for note, candidates in kept:
            tail = f" of {total}, {note}" if note else f" of {total}"
            ordered, explored = self._ranked(selector, candidates, catalogue, draw)
            for candidate in ordered:
                place += 1
                why = explored or selector.why(candidate)
                explored = ""  # it was the first one's
                reason = f"{section.says}: {place}{tail}{', ' if why else ''}{why}"
                found += self._keyed(candidate, reason, sieve, catalogue.labelled)
        return found

    def _ranked(
        self, selector: Selector, candidates: Sequence[Candidate], catalogue: Catalogue, draw: float
    ) -> tuple[Sequence[Candidate], str]:
        if len(candidates) < 2:
            return candidates, ""
        ordered = selector.order(candidates, self._random)
        if not isinstance(selector, ByMeasure) or draw >= self._rate(selector, catalogue):
            return ordered, ""
        first, why = selector.explored(candidates, self._random)
        ordered.remove(first)
        return [first, *ordered], why

    def _rate(self, selector: ByMeasure, catalogue: Catalogue) -> float:
        # Who explores in the background lets the clients' calls go where it is best.
        is_done_elsewhere = self._explorer is not None and self._exploration.enabled
        return 0.0 if is_done_elsewhere else catalogue.rate(selector.rate)

    def _keyed(
        self, candidate: Candidate, reason: str, sieve: Sieve, labelled: Labelled
    ) -> Sequence[Target]:
        targets = sieve.keyed(candidate)
        many = len(candidate.keyed)
        if many == 1:
            return (labelled.of(candidate, targets[0], reason),)
        return [
            labelled.of(candidate, one, f"{reason}, key {candidate.keyed.index(one) + 1} of {many}")
            for one in self._rotation.rotated(targets)
        ]

    def _hoisted(self, targets: list[Target], exchange: Exchange, alias: Alias) -> list[Target]:
        pick = self._health.sticky.pick(exchange, alias.name)
        if pick is None:
            return targets
        chosen, others = [], []
        for target in targets:
            if (target.provider.name, target.model.name) == pick[:2]:
                reason = f"served this conversation last; {target.reason}"
                chosen.append(replace(target, reason=reason))
            else:
                others.append(target)
        chosen.sort(key=lambda target: target.credential != pick.credential)
        return chosen + others


def _is_forgiving(asked: Asked) -> bool:
    # Counting needs no slot, and is done here if the provider cannot.
    return asked.operation is Operation.COUNT_TOKENS


def _check_access(key: Key, requested: str, found: Found) -> None:
    if key.excluded_models or key.allowed_models:
        alias = found.alias
        names = names_of(
            requested, alias.name if alias else None, (c.target.name for c in found.candidates)
        )
        if not allows_model(key, names):
            raise model_denied(key, requested)
    if restricts_providers(key):
        providers = {candidate.target.provider.name for candidate in found.candidates}
        if providers and not any(allows_provider(key, provider) for provider in providers):
            raise providers_denied(key, requested)


def _plan(requested: str, alias: Alias | None, targets: list[Target], skipped: list[str]) -> Plan:
    if alias is None:
        return Plan(
            requested=requested, canonical=None, targets=tuple(targets), skipped=tuple(skipped)
        )
    return Plan(
        requested=requested,
        canonical=alias.name,
        targets=tuple(targets),
        skipped=tuple(skipped),
        lossless=alias.lossless,
        sticky=alias.sticky_session,
        continue_stream=alias.continue_stream,
        extra_body=alias.extra_body,
    )
