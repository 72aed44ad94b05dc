"""`plexus quota`: how the quotas of keys stand, and how to set them right (dataplane.md §9.6)."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from plexus.addons.assembly import open_store
from plexus.addons.metering.quota import Quota, Standing, iso, quotas_of, shown, standing
from plexus.config.environment import Environment, read_environment
from plexus.config.load import load
from plexus.config.problems import ConfigError
from plexus.config.snapshot import Snapshot
from plexus.store.errors import StoreError
from plexus.store.metered import Scope, metered
from plexus.store.store import Store
from plexus.transforms.wire import JsonObject, dump_text

_HEADINGS = ("key", "quota", "of", "used", "reserved", "limit", "left", "resets", "")


@dataclass(frozen=True, slots=True)
class _Bound:
    key: str
    quota: Quota


class _Refused(Exception):
    """What was asked for cannot be done; the text is for the person at the terminal."""


def quota(arguments: argparse.Namespace, env: Mapping[str, str]) -> int:
    """List, reset or recompute; return the exit status. Running gateways see it at once."""
    try:
        environment = read_environment(env)
        snapshot = load(Path(arguments.config) if arguments.config else None, environment, env)
        chosen = _chosen(snapshot, arguments.key, arguments.quota)
        for line in asyncio.run(_do(environment, arguments, snapshot, chosen)):
            print(line)
    except (ConfigError, StoreError, _Refused) as error:
        print(f"plexus: {error}", file=sys.stderr)
        return 1
    return 0


async def _do(
    environment: Environment,
    arguments: argparse.Namespace,
    snapshot: Snapshot,
    chosen: Sequence[_Bound],
) -> Sequence[str]:
    store = await open_store(environment)
    try:
        match arguments.action:
            case "reset":
                return await _reset(store, arguments.key, chosen)
            case "recompute":
                return await _recompute(store, snapshot, chosen, named=bool(arguments.quota))
            case _:
                standings = await _standings(store, chosen)
                return _json_lines(standings) if arguments.json else _table(standings)
    finally:
        await store.close()


def _chosen(snapshot: Snapshot, key: str | None, name: str | None) -> list[_Bound]:
    keys = snapshot.keys or {}
    if key is not None and key not in keys:
        raise _Refused(
            f"there is no key {key!r}; the configuration has {', '.join(keys) or 'none'}"
        )
    found = [
        _Bound(one.name, quota)
        for one in keys.values()
        if key in (None, one.name)
        for quota in quotas_of(snapshot, one)
        if name in (None, quota.name)
    ]
    if name is not None and not found:
        raise _Refused(f"the key {key!r} has no quota {name!r}")
    return found


async def _standings(store: Store, chosen: Sequence[_Bound]) -> list[tuple[str, Standing]]:
    levels = await store.quotas.levels()
    now = _now()
    return [(one.key, standing(one.quota, levels.get(one.quota.place), now)) for one in chosen]


async def _reset(store: Store, key: str | None, chosen: Sequence[_Bound]) -> list[str]:
    if key is None:
        raise _Refused("say whose quota to reset: plexus quota reset KEY [QUOTA]")
    for one in chosen:
        await store.quotas.reset(*one.quota.place)
    return [f"{_whose(one)} is reset" for one in chosen] or [f"the key {key!r} has no quotas"]


async def _recompute(
    store: Store, snapshot: Snapshot, chosen: Sequence[_Bound], *, named: bool
) -> list[str]:
    told = []
    for one in {bound.quota.place: bound for bound in chosen}.values():
        if one.quota.leak:
            if named:
                raise _Refused(
                    f"{_whose(one)} cannot be recomputed: what has leaked away from a rolling "
                    "quota is not in the ledger (unsupported_quota_type)"
                )
            told.append(f"{_whose(one)} is rolling and stays as it is")
            continue
        used = await _put(store, snapshot, one)
        told.append(f"{_whose(one)} is at {shown(used, one.quota.unit)} {one.quota.unit}")
    return told


async def _put(store: Store, snapshot: Snapshot, one: _Bound) -> float:
    quota = one.quota
    bucket = quota.bucket(_now())
    keys = [
        key.name
        for key in (snapshot.keys or {}).values()
        if any(other.place == quota.place for other in quotas_of(snapshot, key))
    ]
    scope = Scope(
        keys=keys,
        since=bucket.window_start,
        allowed_providers=quota.allowed_providers,
        excluded_providers=quota.excluded_providers,
        allowed_models=quota.allowed_models,
        excluded_models=quota.excluded_models,
    )
    used = await metered(store.engine, quota.unit, scope)
    await store.quotas.put(bucket, used)
    return used


def _whose(one: _Bound) -> str:
    owner = "all keys" if one.quota.owner != one.key else one.key
    return f"{one.quota.name} of {owner}"


def _json_lines(standings: Sequence[tuple[str, Standing]]) -> list[str]:
    return [dump_text(_as_json(key, one)) for key, one in standings]


def _as_json(key: str, one: Standing) -> JsonObject:
    quota = one.quota
    return {
        "key": key,
        "name": quota.name,
        "type": quota.kind,
        "limitType": quota.unit,
        "limit": quota.limit,
        "currentUsage": one.used,
        "reserved": one.reserved,
        "remaining": one.remaining,
        "allowed": one.is_open or quota.shadow,
        "resetsAt": iso(one.resets_at),
        "shared": quota.owner != key,
        "shadow": quota.shadow,
    }


def _table(standings: Sequence[tuple[str, Standing]]) -> list[str]:
    if not standings:
        return ["no key has a quota"]
    lines = [_HEADINGS, *(_cells(key, one) for key, one in standings)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(_HEADINGS))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]


def _cells(key: str, one: Standing) -> tuple[str, ...]:
    quota = one.quota
    amounts = (one.used, one.reserved, quota.limit, one.remaining)
    notes = [("shared", quota.owner != key), ("shadow", quota.shadow), ("used up", not one.is_open)]
    return (
        key,
        quota.name,
        f"{quota.unit}, {quota.kind}",
        *(shown(amount, quota.unit) for amount in amounts),
        iso(one.resets_at)[:16].replace("T", " "),
        ", ".join(note for note, holds in notes if holds),
    )


def _now() -> int:
    return time.time_ns() // 1_000_000
