"""`plexus explain MODEL`: where a call would go, and why; no gateway needs to run."""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from plexus.addons.assembly import database_url
from plexus.addons.authenticate import ANONYMOUS
from plexus.addons.exchange import Plan, Principal
from plexus.addons.routing.cooldowns import Cooldowns
from plexus.addons.routing.health import Health
from plexus.addons.routing.measures import Measures
from plexus.addons.routing.planner import Asked, Planner
from plexus.addons.routing.selector import Selector
from plexus.addons.routing.shown import plan_json
from plexus.addons.routing.warm import warm_up
from plexus.config.dialects import canonical
from plexus.config.environment import Environment, read_environment
from plexus.config.load import load
from plexus.config.problems import ConfigError, did_you_mean
from plexus.config.snapshot import Snapshot
from plexus.store.cooldowns import CooldownLog
from plexus.store.engine import build_engine
from plexus.store.errors import TROUBLE, StoreError, reason
from plexus.store.url import SqliteUrl, parse_url
from plexus.store.usage import UsageLog
from plexus.store.writer import wall_ms
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.registry import discover
from plexus.transforms.wire import dump_text

_PATIENCE_S = 5.0  # with a database that is busy


def explain(arguments: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Print the plan of a call; return 1 if it would be refused."""
    try:
        environment = read_environment(env)
        path = Path(arguments.config) if arguments.config else None
        asked = _asked(arguments, load(path, environment, env))
        health, note = asyncio.run(_health(environment))
        selectors: dict[str, Selector] = discover("plexus.addons.routing.selectors", "SELECTOR")
        plan = Planner(selectors, health, random.random).plan(asked)
    except (ConfigError, GatewayError, StoreError) as error:
        print(f"plexus: {error}", file=sys.stderr)
        return 1
    print(dump_text(plan_json(plan) | {"note": note}) if arguments.json else _text(plan, note))
    return 0


def _asked(arguments: argparse.Namespace, snapshot: Snapshot) -> Asked:
    dialect = canonical(arguments.api)
    if dialect is None:
        raise GatewayError(
            Kind.BAD_REQUEST, f"{arguments.api!r} is no API; write e.g. chat, messages or gemini"
        )
    keys = snapshot.keys or {}
    key = None if arguments.key is None else keys.get(arguments.key)
    if arguments.key is not None and key is None:
        raise GatewayError(
            Kind.NOT_FOUND,
            f"there is no key {arguments.key!r}; {did_you_mean(arguments.key, list(keys))}",
        )
    principal = Principal(key=key, name=key.name if key else ANONYMOUS)
    return Asked(snapshot=snapshot, model=arguments.model, principal=principal, dialect=dialect)


async def _health(environment: Environment) -> tuple[Health, str | None]:
    """Return what the ledger knows, and what is to be said about it. Nothing is written there."""
    health = Health(
        cooldowns=Cooldowns(time.time), measures=Measures(environment.performance_samples)
    )
    url = parse_url(database_url(environment))
    if isinstance(url, SqliteUrl) and (url.path is None or not url.path.exists()):
        return health, "there is no ledger yet: nobody rests, nothing is measured"
    engine = build_engine(url, patience_s=_PATIENCE_S)
    try:
        log = CooldownLog(engine=engine, instance="", clock=wall_ms)
        health.cooldowns.adopt(await log.all())
        usage = UsageLog(engine=engine)
        await warm_up(health.measures, usage, environment.performance_samples, wall_ms())
    except TROUBLE as error:
        return health, f"the ledger cannot be read, so this is as for a new one: {reason(error)}"
    finally:
        await engine.dispose()
    return health, None


def _text(plan: Plan, note: str | None) -> str:
    width = max(len(target.name) for target in plan.targets)
    lines = [
        f"{plan.requested} is the alias {plan.canonical}" if plan.canonical else plan.requested,
        *(f"{n:>3}. {t.name:<{width}}  {t.reason}" for n, t in enumerate(plan.targets, 1)),
        *(f"  -  {line}" for line in plan.skipped),
        *([f"note: {note}"] if note else []),
    ]
    return "\n".join(lines)
