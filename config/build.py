"""Turn a validated draft into a snapshot."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from plexus.config.build_intercept import build_intercept
from plexus.config.build_providers import build_provider
from plexus.config.build_resilience import build_failover
from plexus.config.draft import Draft
from plexus.config.schema.aliases import AliasSection, TargetSection
from plexus.config.schema.keys import KeySection
from plexus.config.schema.root import Settings
from plexus.config.snapshot import (
    Alias,
    Key,
    Snapshot,
    TargetGroup,
    TargetRef,
    index,
)
from plexus.transforms.wire import JsonObject

# What a snapshot has a field of its own for.
_NOT_SECTIONS = frozenset({"adminKey", "default_quotas", "intercept", "quotas"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What a snapshot has from elsewhere than its sections; `folder` is where its paths begin."""

    version: str
    source: str
    folder: Path
    admin_key: str | None = field(repr=False)
    warnings: tuple[str, ...]
    serves: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by provider


def digest(text: str) -> str:
    """Return the version of a configuration with this content."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def build(draft: Draft, origin: Origin) -> Snapshot:
    """Return the snapshot of a draft without problems."""
    settings = draft.settings
    providers = {
        name: build_provider(name, entry, origin.serves.get(name, ()), settings.stall)
        for name, entry in draft.providers.items()
    }
    aliases = {name: _alias(name, entry) for name, entry in draft.aliases.items()}
    defaults = tuple(settings.default_quotas)
    keys = None
    if draft.keys is not None:
        keys = {name: _key(name, entry, defaults) for name, entry in draft.keys.items()}
    return Snapshot(
        version=origin.version,
        source=origin.source,
        providers=providers,
        aliases=aliases,
        keys=keys,
        intercept=build_intercept(settings.intercept, origin.folder),
        admin_key=origin.admin_key,
        timeout_s=float(settings.timeout.default_seconds),
        failover=build_failover(settings.failover),
        user_quotas={name: entry.plain() for name, entry in draft.quotas.items()},
        default_quotas=defaults,
        mcp_servers={name: entry.plain() for name, entry in draft.mcp_servers.items()},
        sections=_sections(settings, origin.folder),
        warnings=origin.warnings,
        **index(aliases, keys, providers),
    )


def _sections(settings: Settings, folder: Path) -> JsonObject:
    written = settings.plain()
    sections = {key: value for key, value in written.items() if key not in _NOT_SECTIONS}
    for name in ("latencyExplorationRate", "e2ePerformanceExplorationRate"):
        if sections[name] is None:
            sections[name] = settings.performance_rate
    retention = settings.retention
    ttl = retention.response_days
    ttl = settings.responses.ttl_days if ttl is None else ttl
    kept = retention.debug_log_days
    kept = settings.debug.retention_days if kept is None else kept
    prices = settings.price_catalogue
    file = None if prices.file is None else str(folder / Path(prices.file).expanduser())
    return sections | {
        "price_catalogue": prices.plain() | {"file": file},
        "responses": settings.responses.plain() | {"ttl_days": ttl},
        "debug": settings.debug.plain() | {"retention_days": kept},
        "retention": retention.plain() | {"response_days": ttl, "debug_log_days": kept},
    }


def _alias(name: str, section: AliasSection) -> Alias:
    return Alias(
        name=name,
        groups=_groups(section),
        additional=tuple(section.additional_aliases),
        type=section.type,
        api_match=section.priority == "api_match",
        lossless=section.lossless,
        continue_stream=section.continue_stream,
        sticky_session=section.sticky_session,
        enforce_limits=section.enforce_limits,
        use_image_fallthrough=section.use_image_fallthrough,
        preferred_api=tuple(section.preferred_api),
        extra_body=section.extra_body,
        advanced=tuple(entry.plain() for entry in section.advanced),
        metadata=None if section.metadata is None else section.metadata.plain(),
        raw=section.plain(),
    )


def _groups(section: AliasSection) -> tuple[TargetGroup, ...]:
    if section.target_groups:
        return tuple(
            TargetGroup(name=group.name, selector=group.selector, targets=_refs(group.targets))
            for group in section.target_groups
        )
    targets = _refs(section.targets or [])
    return (TargetGroup(name="default", selector=section.selector, targets=targets),)


def _refs(sections: list[TargetSection]) -> tuple[TargetRef, ...]:
    return tuple(
        TargetRef(provider=t.provider, model=t.model, alias=t.alias, enabled=t.enabled)
        for t in sections
    )


def _key(name: str, section: KeySection, defaults: tuple[str, ...]) -> Key:
    return Key(
        name=name,
        secret=section.secret,
        comment=section.comment,
        quotas=_quotas(section) or defaults,
        allowed_models=frozenset(section.allowed_models),
        excluded_models=frozenset(section.excluded_models),
        allowed_providers=frozenset(section.allowed_providers),
        excluded_providers=frozenset(section.excluded_providers),
        allowed_ips=tuple(section.allowed_ips),
        expires_at=section.expires_at,
        disabled_at=section.disabled_at,
        allow_raw_passthrough=section.allow_raw_passthrough,
        raw=section.plain(),
    )


def _quotas(section: KeySection) -> tuple[str, ...]:
    if section.quotas is not None:  # even an empty list beats `quota`
        return tuple(section.quotas)
    return () if section.quota is None else (section.quota,)
