"""Plan a call: from a model name to ordered targets, with a reason for each and for each left out.

Name resolution is dataplane.md §2.2, candidate construction §2.3, access control §2.6.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from plexus.addons.exchange import Plan, Principal, Target
from plexus.addons.routing.policy import allows_model, allows_provider
from plexus.addons.routing.selector import Selector
from plexus.config.snapshot import Alias, Model, Provider, Snapshot, TargetGroup, TargetRef
from plexus.transforms.errors import GatewayError, Kind

DIRECT = "direct/"


@dataclass(slots=True, kw_only=True)
class Planner:
    """Plans calls over one snapshot; no I/O."""

    snapshot: Snapshot
    selectors: Mapping[str, Selector]
    random: Callable[[], float]
    skipped: list[str] = field(default_factory=list)

    def plan(self, requested: str, principal: Principal) -> Plan:
        """Return where the call may go. Raise `GatewayError` when nowhere."""
        name = requested.removeprefix("models/")
        if name.startswith(DIRECT):
            plan = self._direct(requested, name.removeprefix(DIRECT))
        elif (alias := self.snapshot.alias(name)) is not None:
            plan = self._alias(requested, alias, alias.groups)
        elif (found := self.snapshot.by_name(name)) is not None:
            provider, model = found
            target = _target(provider, model, f"serves {name}")
            plan = Plan(requested=requested, canonical=None, targets=(target,))
        else:
            raise self._unknown(requested)
        return self._permitted(plan, principal)

    def _direct(self, requested: str, rest: str) -> Plan:
        owner, slash, tail = rest.partition("/")
        if not slash or not tail:
            raise GatewayError(
                Kind.BAD_REQUEST,
                f"{requested!r} must be direct/<provider>/<model> or direct/<alias>/<group>",
                where="model",
            )
        alias = self.snapshot.alias(owner)
        if alias is not None:
            groups = tuple(group for group in alias.groups if group.name == tail)
            if not groups:
                raise GatewayError(
                    Kind.NOT_FOUND, f"alias {owner!r} has no group {tail!r}", where="model"
                )
            return self._alias(requested, alias, groups)
        provider = self._direct_provider(rest)
        model = rest.removeprefix(provider.name + "/")
        target = _target(provider, model, "named directly")
        return Plan(requested=requested, canonical=None, targets=(target,))

    def _direct_provider(self, rest: str) -> Provider:
        # A provider's name may hold slashes itself, so the longest that fits is meant.
        fitting = [p for p in self.snapshot.providers.values() if rest.startswith(p.name + "/")]
        provider = max(fitting, key=lambda p: len(p.name), default=None)
        if provider is None or not provider.enabled:
            what = "unknown" if provider is None else "disabled"
            name = rest.partition("/")[0] if provider is None else provider.name
            raise GatewayError(Kind.NOT_FOUND, f"provider {name!r} is {what}", where="model")
        return provider

    def _alias(self, requested: str, alias: Alias, groups: tuple[TargetGroup, ...]) -> Plan:
        targets: dict[str, Target] = {}
        for target in self._targets(groups, {alias.name}):
            targets.setdefault(target.name, target)
        return Plan(
            requested=requested,
            canonical=alias.name,
            targets=tuple(targets.values()),
            lossless=alias.lossless,
            extra_body=alias.extra_body,
        )

    def _targets(self, groups: tuple[TargetGroup, ...], seen: set[str]) -> Iterator[Target]:
        for group in groups:
            own = [t for ref in group.targets if ref.alias is None for t in self._own(group, ref)]
            selector = self.selectors.get(group.selector, self.selectors["in_order"])
            for place, target in enumerate(selector.order(own, self.random), 1):
                reason = f"group {group.name}, {selector.name}: {place} of {len(own)}"
                yield replace(target, reason=reason)
            for ref in group.targets:
                nested = self.snapshot.alias(ref.alias) if ref.alias and ref.enabled else None
                if nested is not None and nested.name not in seen:
                    yield from self._targets(nested.groups, seen | {nested.name})

    def _own(self, group: TargetGroup, ref: TargetRef) -> Iterator[Target]:
        name = f"{ref.provider}/{ref.model}"
        provider = self.snapshot.providers.get(ref.provider or "")
        if not ref.enabled:
            self.skipped.append(f"{name}: target is disabled")
        elif provider is None:
            self.skipped.append(f"{name}: provider {ref.provider!r} is not configured")
        elif not provider.enabled:
            self.skipped.append(f"{name}: provider is disabled")
        else:
            yield _target(provider, ref.model or "", "")

    def _permitted(self, plan: Plan, principal: Principal) -> Plan:
        if not plan.targets:
            raise self._nothing_left(plan)
        key = principal.key
        if key is None:
            return replace(plan, skipped=tuple(self.skipped))
        if not allows_model(key, plan):
            raise GatewayError(
                Kind.FORBIDDEN,
                f"the key {key.name!r} may not use model {plan.requested!r}",
                where="model",
                code="access_denied",
            )
        targets = tuple(t for t in plan.targets if allows_provider(key, t.provider.name))
        self.skipped += [f"{t.name}: not for this key" for t in plan.targets if t not in targets]
        if not targets:
            raise GatewayError(
                Kind.FORBIDDEN,
                f"the key {key.name!r} may use none of the providers of {plan.requested!r}",
                where="model",
                code="access_denied",
            )
        return replace(plan, targets=targets, skipped=tuple(self.skipped))

    def _nothing_left(self, plan: Plan) -> GatewayError:
        why = "; ".join(self.skipped) or "it has no targets"
        return GatewayError(
            Kind.UNAVAILABLE, f"no target of {plan.requested!r} can be used: {why}", where="model"
        )

    def _unknown(self, requested: str) -> GatewayError:
        near = difflib.get_close_matches(requested, self.snapshot.aliases, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return GatewayError(
            Kind.NOT_FOUND,
            f"the model {requested!r} does not exist here{hint}",
            where="model",
            code="model_not_found",
        )


def model_of(provider: Provider, name: str) -> Model:
    """Return the provider's model; one that it does not list is allowed, its price unknown."""
    return provider.models.get(name) or Model(name=name)


def _target(provider: Provider, model: str, reason: str) -> Target:
    return Target(
        provider=provider,
        model=model_of(provider, model),
        reason=reason,
        api_key=provider.api_key,
    )
