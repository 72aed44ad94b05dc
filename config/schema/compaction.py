"""The `compaction` section: when prompts are made shorter, and how (controlplane.md §1.9)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from plexus.config.schema.section import Section
from plexus.config.schema.values import Fraction, Name, Positive, Text, Whole


class NativeCompactionSection(Section):
    """Limits of the built-in compaction."""

    max_array_items: Positive | None = Field(default=None, alias="maxArrayItems")
    max_string_chars: Positive | None = Field(default=None, alias="maxStringChars")


class HeadroomSection(Section):
    """The compaction service."""

    base_url: Name | None = Field(default=None, alias="baseUrl")
    api_key: Text | None = Field(default=None, alias="apiKey")
    target_ratio: Fraction | None = Field(default=None, alias="targetRatio")
    timeout_ms: Annotated[Whole, Field(ge=100, le=60_000)] | None = Field(
        default=None, alias="timeoutMs"
    )


class CompactionSection(Section):
    """When prompts are made shorter, and how."""

    enabled: bool = False
    strategy: Literal["native", "headroom"] | None = None
    trigger_ratio: Fraction | None = Field(default=None, alias="triggerRatio")
    absolute_trigger_tokens: Positive | None = Field(default=None, alias="absoluteTriggerTokens")
    min_tokens: Annotated[Whole, Field(ge=0)] | None = Field(default=None, alias="minTokens")
    protect_recent: Annotated[Whole, Field(ge=0)] | None = Field(
        default=None, alias="protectRecent"
    )
    native: NativeCompactionSection | None = None
    headroom: HeadroomSection | None = None
