"""Say in one line what a configuration holds, and how two differ: counts only, never a value."""

from __future__ import annotations

from collections.abc import Mapping

from plexus.config.snapshot import Snapshot


def summary(snapshot: Snapshot) -> str:
    """Return how much of each kind there is: what the start log says."""
    counts = ", ".join(f"{kind} {len(entries)}" for kind, entries in _kinds(snapshot).items())
    return f"{counts} (from {snapshot.source})"


def difference(old: Snapshot, new: Snapshot) -> str:
    """Return what changed, by kind: `providers +1 -0 ~2`; `~` counts those that differ."""
    before, after = _kinds(old), _kinds(new)
    parts = [
        f"{kind} {line}" for kind in after if (line := _counts(before[kind], after[kind])) != ""
    ]
    if _settings(old) != _settings(new):
        parts.append("settings")
    return ", ".join(parts) or "comments only"


def _kinds(snapshot: Snapshot) -> dict[str, Mapping[str, object]]:
    return {
        "providers": snapshot.providers,
        "aliases": snapshot.aliases,
        "keys": snapshot.keys if snapshot.keys is not None else {},
        "user quotas": snapshot.user_quotas,
        "MCP servers": snapshot.mcp_servers,
    }


def _counts(old: Mapping[str, object], new: Mapping[str, object]) -> str:
    added, removed = new.keys() - old.keys(), old.keys() - new.keys()
    changed = [name for name in old.keys() & new.keys() if old[name] != new[name]]
    if not added and not removed and not changed:
        return ""
    return f"+{len(added)} -{len(removed)} ~{len(changed)}"


def _settings(snapshot: Snapshot) -> tuple[object, ...]:
    return (
        snapshot.keys is None,
        snapshot.admin_key,
        snapshot.timeout_s,
        snapshot.default_quotas,
        snapshot.intercept,
        snapshot.sections,
    )
