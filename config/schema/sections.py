"""The smaller sections: failover, cooldown, timeout, stall, retention, … (controlplane.md §1.9)."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from plexus.config.schema.section import FullSection, refusal
from plexus.config.schema.values import (
    Name,
    Number,
    Positive,
    Text,
    Whole,
)

# Ours is not the original's "everybody": X-Forwarded-For from anywhere could be made up.
TRUSTED_PROXIES: Final = (
    "127.0.0.0/8",
    "::1/128",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "fc00::/7",
)
EXPLORATION_RATE: Final = 0.05

type _Status = Annotated[Whole, Field(ge=100, le=599)]
type _Days = Annotated[Number, Field(gt=0)]


def _retryable() -> list[int]:
    # dataplane.md §3.1: everything but success, 413 and 422.
    return [
        status
        for status in range(100, 600)
        if not 200 <= status <= 299 and status not in (413, 422)
    ]


class FailoverSection(FullSection):
    """Whether and when the next target is tried."""

    enabled: bool = True
    retryable_status_codes: list[_Status] = Field(
        default_factory=_retryable, alias="retryableStatusCodes"
    )
    retryable_errors: list[Name] = Field(
        default_factory=lambda: ["ECONNREFUSED", "ETIMEDOUT", "ENOTFOUND"], alias="retryableErrors"
    )


class CooldownSection(FullSection):
    """How long a failing target rests: doubled from `initialMinutes` up to `maxMinutes`."""

    max_minutes: Annotated[Number, Field(ge=0.1)] = Field(default=300.0, alias="maxMinutes")
    initial_minutes: Annotated[Number, Field(ge=0.1)] = Field(
        default=2.0, alias="initialMinutes", validate_default=True
    )

    @field_validator("initial_minutes")
    @classmethod
    def _is_at_most_the_longest(cls, value: float, info: ValidationInfo) -> float:
        longest = info.data.get("max_minutes")
        return min(value, longest) if isinstance(longest, float) else value


class VisionSection(FullSection):
    """Who describes images for models that cannot see."""

    descriptor_model: Name | None = None
    default_prompt: Text | None = None


class ExplorationSection(FullSection):
    """Probing of targets that have not been measured for a while."""

    enabled: bool = False
    staleness_threshold_seconds: Annotated[Number, Field(gt=0)] = Field(
        default=600.0, alias="stalenessThresholdSeconds"
    )
    worker_concurrency: Annotated[Whole, Field(ge=1, le=16)] = Field(
        default=2, alias="workerConcurrency"
    )


class TimeoutSection(FullSection):
    """How long one attempt may take."""

    default_seconds: Annotated[Whole, Field(ge=1, le=3600)] = Field(
        default=300, alias="defaultSeconds"
    )


class StallSection(FullSection):
    """When a stream counts as stalled; with neither limit it never does."""

    ttfb_seconds: Annotated[Number, Field(ge=5, le=120)] | None = Field(
        default=None, alias="ttfbSeconds"
    )
    ttfb_bytes: Annotated[Whole, Field(ge=50, le=10_000)] = Field(default=100, alias="ttfbBytes")
    min_bytes_per_second: Annotated[Number, Field(ge=50, le=5000)] | None = Field(
        default=None, alias="minBytesPerSecond"
    )
    window_seconds: Annotated[Number, Field(ge=3, le=30)] = Field(
        default=10.0, alias="windowSeconds"
    )
    grace_period_seconds: Annotated[Number, Field(ge=0, le=120)] = Field(
        default=30.0, alias="gracePeriodSeconds"
    )
    stall_cooldown: bool = Field(default=False, alias="stallCooldown")


class McpOAuthSection(FullSection):
    """The identity provider for MCP clients."""

    enabled: bool = False
    provider: Name = "plexus-idp"
    issuer: Name | None = None


class DebugSection(FullSection):
    """What of a call is kept for looking at later, and how long."""

    capture_on_error: bool = Field(default=False, alias="captureOnError")
    retention_days: _Days = 30.0
    max_body_bytes: Positive = 10_485_760


class ResponsesSection(FullSection):
    """How long stored responses and conversations live."""

    ttl_days: _Days = 7.0


def _is_web_address(text: str) -> str:
    if not text.startswith(("https://", "http://")):
        raise refusal("must be an address that begins with https:// or http://")
    return text


class PriceCatalogueSection(FullSection):
    """Where list prices come from beside those that ship with this release."""

    file: Name | None = None
    url: Annotated[Name, AfterValidator(_is_web_address)] | None = None
    refresh_hours: Annotated[Number, Field(gt=0)] = 24.0


class RetentionSection(FullSection):
    """How long records live, in days; nothing for ever.

    `response_days` and `debug_log_days` are other names of `responses.ttl_days` and
    `debug.retention_days`.
    """

    response_days: _Days | None = None
    debug_log_days: _Days | None = None
    quota_snapshot_days: _Days = 30.0
    usage_days: _Days | None = None
    error_days: _Days | None = None
