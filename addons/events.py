"""Plexus's own mitmproxy hooks, for users' addon scripts."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mitmproxy import ctx, hooks, http

from plexus.addons.exchange import Exchange, Plan, Target
from plexus.addons.master import HandlerTable
from plexus.addons.routing.catalogue import model_of
from plexus.config.snapshot import Snapshot
from plexus.transforms.errors import GatewayError, Kind


class PlanEdit:
    """A plan as scripts may change it: `targets` best first, each with `name` and `reason`."""

    def __init__(self, plan: Plan, snapshot: Snapshot) -> None:
        self.requested = plan.requested
        self.targets = list(plan.targets)
        self.skipped = list(plan.skipped)
        self._plan = plan
        self._snapshot = snapshot

    def first(self, name: str, reason: str) -> None:
        """Ask `name` (`provider/model`) before all others, if it is in the plan."""
        chosen = [replace(t, reason=reason) for t in self.targets if t.name == name]
        self.targets = chosen + [t for t in self.targets if t.name != name]

    def drop(self, name: str, reason: str) -> None:
        """Do not ask `name` (`provider/model`) at all."""
        if any(target.name == name for target in self.targets):
            self.skipped.append(f"{name}: {reason}")
        self.targets = [target for target in self.targets if target.name != name]

    def add(self, provider: str, model: str, reason: str) -> None:
        """Ask this one too, after all others. Raise `ValueError` for an unknown provider.

        What the caller's key may use and who rests is not looked at: the script decides.
        """
        known = self._snapshot.providers.get(provider)
        if known is None or not known.enabled:
            raise ValueError(f"provider {provider!r} is not configured, or disabled")
        self.targets.append(
            Target(
                provider=known, model=model_of(known, model), reason=reason, api_key=known.api_key
            )
        )

    def result(self) -> Plan:
        """Return the plan as it is now. Raise `GatewayError` if nobody is left."""
        if not self.targets:
            raise GatewayError(
                Kind.UNAVAILABLE,
                f"no target of {self.requested!r} is left by the addon scripts: "
                + "; ".join(self.skipped),
                where="model",
            )
        return replace(self._plan, targets=tuple(self.targets), skipped=tuple(self.skipped))


@dataclass
class PlexusPlanHook(hooks.Hook):
    """A call was planned; `plan_edit` may be changed. Fires before anybody is asked."""

    flow: http.HTTPFlow
    plan_edit: PlanEdit


def is_heard(hook: type[hooks.Hook]) -> bool:
    """Whether an addon implements the hook; under mitmweb that is not known, so assumed."""
    manager = ctx.master.addons
    return not isinstance(manager, HandlerTable) or bool(manager.handlers(hook.name))


async def edited(flow: http.HTTPFlow, exchange: Exchange, plan: Plan) -> Plan:
    """Return the plan as addon scripts leave it."""
    edit = PlanEdit(plan, exchange.snapshot)
    await ctx.master.addons.trigger_event(PlexusPlanHook(flow, edit))
    return edit.result()
