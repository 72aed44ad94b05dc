"""The top level of the file: the named sections, and everything else (controlplane.md §1.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import Field, field_validator

from plexus.config.schema.aliases import AliasSection
from plexus.config.schema.compaction import CompactionSection
from plexus.config.schema.intercept import InterceptSection
from plexus.config.schema.keys import KeySection, key_name_problem
from plexus.config.schema.mcp import McpServerSection, mcp_name_problem
from plexus.config.schema.providers import ProviderSection
from plexus.config.schema.quotas import QuotaSection
from plexus.config.schema.section import FullSection, Section, keys_of
from plexus.config.schema.sections import (
    EXPLORATION_RATE,
    TRUSTED_PROXIES,
    CooldownSection,
    DebugSection,
    ExplorationSection,
    FailoverSection,
    McpOAuthSection,
    PriceCatalogueSection,
    ResponsesSection,
    RetentionSection,
    StallSection,
    TimeoutSection,
    VisionSection,
)
from plexus.config.schema.values import Fraction, Names, Networks, Stored, Text, slug_problem


class Settings(FullSection):
    """The keys of the top level that are not mappings of names."""

    admin_key: Text | None = Field(default=None, alias="adminKey")
    default_quotas: Names = Field(default_factory=list)
    failover: FailoverSection = Field(default_factory=FailoverSection)
    cooldown: CooldownSection = Field(default_factory=CooldownSection)
    vision_fallthrough: VisionSection | None = None
    performance_rate: Fraction = Field(default=EXPLORATION_RATE, alias="performanceExplorationRate")
    latency_rate: Fraction | None = Field(default=None, alias="latencyExplorationRate")
    e2e_rate: Fraction | None = Field(default=None, alias="e2ePerformanceExplorationRate")
    background: ExplorationSection = Field(
        default_factory=ExplorationSection, alias="backgroundExploration"
    )
    timeout: TimeoutSection = Field(default_factory=TimeoutSection)
    stall: StallSection = Field(default_factory=StallSection)
    trusted_proxies: Networks = Field(
        default_factory=lambda: list(TRUSTED_PROXIES), alias="trustedProxies"
    )
    mcp_enabled: bool = Field(default=True, alias="mcpEnabled")
    mcp_oauth: McpOAuthSection = Field(default_factory=McpOAuthSection, alias="mcpOAuth")
    debug: DebugSection = Field(default_factory=DebugSection)
    compaction: CompactionSection | None = None
    retention: RetentionSection = Field(default_factory=RetentionSection)
    responses: ResponsesSection = Field(default_factory=ResponsesSection)
    price_catalogue: PriceCatalogueSection = Field(default_factory=PriceCatalogueSection)
    intercept: InterceptSection = Field(default_factory=InterceptSection)
    quotas: Stored = None  # the form of early 2026; legacy.py moves it into the providers

    @field_validator("admin_key")
    @classmethod
    def _is_set_unless_blank(cls, value: str | None) -> str | None:
        return value if value is not None and value.strip() else None


def any_name(name: str) -> str | None:
    """Return why `name` cannot be the name of a provider or alias, or `None` if it can."""
    return None if name.strip() else "the name must not be empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A mapping of the top level from names to sections of one kind."""

    section: type[Section]
    name_problem: Callable[[str], str | None]


NAMED: Final[Mapping[str, Named]] = {
    "providers": Named(section=ProviderSection, name_problem=any_name),
    "models": Named(section=AliasSection, name_problem=any_name),
    "keys": Named(section=KeySection, name_problem=key_name_problem),
    "user_quotas": Named(section=QuotaSection, name_problem=slug_problem),
    "mcp_servers": Named(section=McpServerSection, name_problem=mcp_name_problem),
}

TOP_LEVEL: Final = (*NAMED, *keys_of(Settings))
