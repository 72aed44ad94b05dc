"""What a key may use (dataplane.md §2.6): exact names, exclusion wins, no list means everything."""

from __future__ import annotations

from plexus.addons.exchange import Plan
from plexus.config.snapshot import Key


def allows_model(key: Key, plan: Plan) -> bool:
    """Whether the key may use the model, under whichever of its names it was asked for."""
    names = {plan.requested, plan.requested.removeprefix("models/")}
    names |= {plan.canonical} if plan.canonical is not None else {t.name for t in plan.targets}
    if names & key.excluded_models:
        return False
    return not key.allowed_models or bool(names & key.allowed_models)


def allows_provider(key: Key, provider: str) -> bool:
    """Whether the key's calls may go to the provider."""
    if provider in key.excluded_providers:
        return False
    return not key.allowed_providers or provider in key.allowed_providers
