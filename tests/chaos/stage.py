"""A gateway with its two providers, under all the names that the faults need."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from plexus.transforms.wire import dump_text
from tests.chaos.calls import Call, Phase
from tests.chaos.providers import behaviour
from tests.e2e.processes import free_port
from tests.e2e.running import Running, running
from tests.fakes.provider import Provider

KEY = "sk-plexus-app"
NAMES = ("a", "b")
_PLENTY = 10_000  # calls under way at a time: no limit, but counted
_HASTY_MS = 400
_SHORTEST_STALL_MS = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What a phase runs on."""

    gateway: Running
    providers: Mapping[str, Provider]


@asynccontextmanager
async def staged(phase: Phase, calls: Sequence[Call], folder: Path) -> AsyncIterator[Stage]:
    """Run the gateway and its providers until the block is left."""
    numbered = {call.number: call for call in calls}
    async with Provider() as a, Provider() as b:
        providers = dict(zip(NAMES, (a, b), strict=True))
        for (name, provider), dialect in zip(providers.items(), phase.dialects, strict=True):
            provider.always(behaviour(name, dialect, numbered))
        config = dump_text(_configuration(phase, providers))  # JSON is YAML
        async with running(folder, config) as gateway:
            yield Stage(gateway=gateway, providers=providers)


def _configuration(phase: Phase, providers: Mapping[str, Provider]) -> dict[str, object]:
    entries: dict[str, object] = {}
    aliases: dict[str, object] = {"m": _alias("random", *NAMES)}
    nobody = f"http://127.0.0.1:{free_port()}"
    for (name, provider), dialect in zip(providers.items(), phase.dialects, strict=True):
        other = "b" if name == "a" else "a"
        entries[name] = _provider(phase, dialect, provider.url)
        entries[f"closed-{name}"] = _provider(phase, dialect, nobody)
        entries[f"hasty-{name}"] = _provider(phase, dialect, provider.url, timeoutMs=_HASTY_MS)
        entries[f"strict-{name}"] = _provider(
            phase, dialect, provider.url, stallTtfbMs=_SHORTEST_STALL_MS, stallTtfbBytes=50
        )
        aliases[f"first-{name}"] = _alias("in_order", name, other)
        for entry in ("closed", "hasty", "strict"):
            aliases[f"m-{entry}-{name}"] = _alias("random", f"{entry}-{name}", other)
            aliases[f"first-{entry}-{name}"] = _alias("in_order", f"{entry}-{name}", other)
        aliases[f"continue-{name}"] = {
            **_alias("in_order", name, other),
            "continue_stream": True,
        }
    return {
        "adminKey": "admin-secret-for-tests",
        "providers": entries,
        "models": aliases,
        "keys": {"app": {"secret": KEY}},
        "intercept": {"mode": "route", "default_key": "app"},
    }


def _provider(phase: Phase, dialect: str, url: str, **more: object) -> dict[str, object]:
    return {
        "api_base_url": {dialect: url + ("" if dialect == "gemini" else "/v1")},
        "api_key": "sk-provider-secret",
        "models": {"big": {"maxConcurrency": _PLENTY}},
        "maxConcurrency": _PLENTY,
        "disable_cooldown": not phase.cooldowns,
        **more,
    }


def _alias(selector: str, *providers: str) -> dict[str, object]:
    targets = [{"provider": provider, "model": "big"} for provider in providers]
    return {"selector": selector, "targets": targets}


def leaks(stage: Stage) -> list[str]:
    """Return what is left of calls that are over."""
    services = stage.gateway.gateway.services
    verbs = {getattr(addon, "name", ""): addon for addon in stage.gateway.gateway.addons}
    intercept, dispatch = verbs["plexus_intercept"], verbs["plexus_dispatch"]
    left = {
        "calls under way": len(services.exchanges),
        "parked replies": len(stage.gateway.gateway.bridge._parked),
        "taps": len(intercept._taps),  # type: ignore[attr-defined]  # an Intercept
        "parked calls": len(intercept._parked),  # type: ignore[attr-defined]  # an Intercept
        "searches": len(dispatch._asking),  # type: ignore[attr-defined]  # a Dispatch
    }
    for name in services.config.current.providers:
        left[f"slots of {name}"] = services.health.slots.taken(name)
        left[f"slots of {name}/big"] = services.health.slots.taken(name, "big")
    return [f"{count} {what} left" for what, count in left.items() if count]
