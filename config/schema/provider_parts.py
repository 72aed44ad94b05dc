"""The sections inside a provider: quota checker, list refreshing, raw pass-through."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from plexus.config.schema.section import Section, refusal
from plexus.config.schema.values import Name, Open, Text, as_number

Minutes = Annotated[float, BeforeValidator(as_number), Field(ge=1)]


class QuotaCheckerSection(Section):
    """Who asks the provider how much is left, and how often."""

    type: Name
    enabled: bool = True
    interval_minutes: Minutes = Field(default=30, alias="intervalMinutes")
    id: Name | None = None  # None: the provider's name
    options: Open = Field(default_factory=dict)


class ModelAutosyncSection(Section):
    """Whether the list of models is refreshed from the provider's own."""

    enabled: bool = False
    interval_minutes: Minutes = Field(default=60, alias="intervalMinutes")


class RawPassthroughSection(Section):
    """Whether and where `/raw/<provider>/…` leads."""

    enabled: bool = False
    base_url: Text | None = None
    auth: Literal["bearer", "x-api-key", "x-goog-api-key"] = "bearer"

    @field_validator("base_url")
    @classmethod
    def _is_plain_address(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"https?://[^\s?#/]+[^\s?#]*", value):
            raise refusal("must be an http(s) URL without ?query and #fragment")
        return value
