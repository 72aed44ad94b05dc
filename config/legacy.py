"""Move the `quotas:` list of early 2026 into the providers it speaks of (controlplane.md §1.2)."""

from __future__ import annotations

from plexus.config.problems import dotted
from plexus.transforms.wire import Json, JsonObject, object_at, text_at


def move_quotas(tree: JsonObject) -> tuple[JsonObject, tuple[str, ...]]:
    """Return `tree` with every entry as its provider's `quota_checker`, and warnings.

    A provider that has a checker keeps it. Nothing in the list stops the start.
    """
    listed = tree.get("quotas")
    if listed is None:
        return tree, ()
    if not isinstance(listed, list):
        return tree, ("quotas: is an old key and no list; it has no effect",)
    providers = object_at(tree, "providers") or {}
    moved = dict(providers)
    warnings: list[str] = []
    for n, entry in enumerate(listed):
        warnings.append(f"{dotted(('quotas', n))}: {_move(entry, moved)}")
    return {**tree, "providers": moved}, tuple(warnings)


def _move(entry: Json, providers: JsonObject) -> str:
    name = text_at(entry, "provider") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or name is None or text_at(entry, "type") is None:
        return "is no quota checker with a type and a provider; it has no effect"
    provider = object_at(providers, name)
    if provider is None:
        return f"there is no provider {name!r}; it has no effect"
    if provider.get("quota_checker") is not None:
        return f"the provider {name!r} has a quota_checker of its own; it has no effect"
    checker = {key: value for key, value in entry.items() if key != "provider"}
    providers[name] = {**provider, "quota_checker": checker}
    return f"this old form still works; move it to {dotted(('providers', name, 'quota_checker'))}"
