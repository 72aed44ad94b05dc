"""A limit on use: `user_quotas.<name>` (controlplane.md §1.7)."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from plexus.config.schema.section import Section, refusal
from plexus.config.schema.values import Names, Number, as_text

_DURATION: Final = re.compile(r"(?:\d+[smhd])+")
_PART: Final = re.compile(r"(\d+)([smhd])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def duration_seconds(text: str) -> int | None:
    """Return the seconds in a duration such as `2h30m`, `None` if it is none."""
    if not _DURATION.fullmatch(text):
        return None
    return sum(int(count) * _SECONDS[unit] for count, unit in _PART.findall(text))


class QuotaSection(Section):
    """How much of what may be used in which time."""

    type: Literal["rolling", "daily", "weekly", "monthly"]
    limit_type: Literal["requests", "tokens", "cost"] = Field(alias="limitType")
    limit: Number
    duration: Annotated[str, BeforeValidator(as_text)] | None = Field(
        default=None, validate_default=True
    )
    allowed_models: Names = Field(default_factory=list, alias="allowedModels")
    excluded_models: Names = Field(default_factory=list, alias="excludedModels")
    allowed_providers: Names = Field(default_factory=list, alias="allowedProviders")
    excluded_providers: Names = Field(default_factory=list, alias="excludedProviders")
    shared: bool = False
    shadow: bool = False  # counts and tells, never blocks
    warn_at: Annotated[Number, Field(gt=0, lt=1)] | None = Field(default=None, alias="warnAt")

    @field_validator("limit")
    @classmethod
    def _can_be_reached(cls, value: float, info: ValidationInfo) -> float:
        if info.data.get("limit_type") == "cost":
            if value <= 0:
                raise refusal("must be above 0")
            return value
        if value < 1:
            raise refusal("must be at least 1")
        return value

    @field_validator("duration")
    @classmethod
    def _is_a_time(cls, value: str | None, info: ValidationInfo) -> str | None:
        remedy = "write e.g. 30s, 5m, 1h, 2h30m or 1d"
        if value is None:
            if info.data.get("type") == "rolling":
                raise refusal("is required with type: rolling", remedy)
            return None
        if not duration_seconds(value):
            raise refusal("is no duration", remedy)
        return value
