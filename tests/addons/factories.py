"""Make the gateway's objects for tests: defaults, and what a test wants otherwise."""

from __future__ import annotations

from typing import Any

from plexus.addons.exchange import Exchange, Plan, Principal, Target
from plexus.config.snapshot import (
    Alias,
    Key,
    Model,
    Provider,
    Snapshot,
    TargetGroup,
    TargetRef,
    index,
)
from plexus.transforms.codec import Dialect, Head, Match, Operation
from plexus.transforms.registry import discover

DIALECTS: dict[str, Dialect] = discover("plexus.transforms.dialects", "DIALECT")


def provider(name: str = "acme", **other: Any) -> Provider:
    return Provider(**{"name": name, "urls": {"chat": f"http://{name}.test/v1"}, **other})


def target(name: str = "acme/fast", **other: Any) -> Target:
    owner, _, model = name.partition("/")
    served_by: Provider = other.pop("provider", provider(owner))
    return Target(
        **{
            "provider": served_by,
            "model": Model(name=model),
            "reason": "test",
            "api_key": served_by.api_key,
            **other,
        }
    )


def alias(name: str, *targets: str, selector: str = "in_order", **other: Any) -> Alias:
    refs = tuple(ref(spec) for spec in targets)
    group = TargetGroup(name="default", selector=selector, targets=refs)
    return Alias(**{"name": name, "groups": (group,), **other})


def ref(spec: str) -> TargetRef:
    """`provider/model`, or `@alias`; a leading `!` disables it."""
    enabled = not spec.startswith("!")
    spec = spec.removeprefix("!")
    if spec.startswith("@"):
        return TargetRef(alias=spec[1:], enabled=enabled)
    owner, _, model = spec.partition("/")
    return TargetRef(provider=owner, model=model, enabled=enabled)


def key(name: str = "app", secret: str = "sk-test-app", **other: Any) -> Key:
    return Key(**{"name": name, "secret": secret, **other})


def snapshot(
    *aliases: Alias,
    providers: tuple[Provider, ...] = (),
    keys: tuple[Key, ...] | None = None,
    **other: Any,
) -> Snapshot:
    by_alias = {a.name: a for a in aliases}
    by_key = None if keys is None else {k.name: k for k in keys}
    return Snapshot(
        **{
            "version": "1",
            "source": "test",
            "providers": {p.name: p for p in (providers or (provider(),))},
            "aliases": by_alias,
            "keys": by_key,
            **index(by_alias, by_key),
            **other,
        }
    )


def principal(**other: Any) -> Principal:
    return Principal(**{"key": None, "name": "anonymous", **other})


def head(path: str = "/v1/chat/completions", **headers: str) -> Head:
    bare, _, query = path.partition("?")
    return Head("POST", bare, query, {k.replace("_", "-"): v for k, v in headers.items()})


def exchange(**other: Any) -> Exchange:
    return Exchange(
        **{
            "id": "11111111-1111-4111-8111-111111111111",
            "door": "gateway",
            "snapshot": snapshot(),
            "head": head(),
            "dialect": DIALECTS["chat"],
            "match": Match(Operation.CHAT),
            **other,
        }
    )


def plan(*targets: Target, **other: Any) -> Plan:
    return Plan(**{"requested": "m", "canonical": "m", "targets": targets, **other})
