"""A model name that clients use: `models.<alias>` (controlplane.md §1.5)."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from plexus.config.problems import At, did_you_mean
from plexus.config.schema.models import DialectList, ModelTypeField
from plexus.config.schema.section import Section, context_of, refusal, refusals
from plexus.config.schema.values import Name, Names, Open, Stored


class TargetSection(Section):
    """One place an alias may lead to: a provider's model, or another alias."""

    provider: Name | None = None
    model: Name | None = None
    alias: Name | None = None
    enabled: bool = True

    @model_validator(mode="after")
    def _names_one_place(self) -> Self:
        if self.alias is not None:
            if self.provider is not None or self.model is not None:
                raise refusal("names an alias and a provider's model", "keep one of them")
            return self
        missing: list[tuple[At, str, str]] = [
            ((key,), "is required", "a target is {provider, model} or {alias}")
            for key in ("provider", "model")
            if getattr(self, key) is None
        ]
        if missing:
            raise refusals(missing)
        return self


def _known_selector(value: str, info: ValidationInfo) -> str:
    known = context_of(info).selectors
    if value not in known:
        raise refusal("is no selector", did_you_mean(value, known))
    return value


class TargetGroupSection(Section):
    """Targets among which one selector chooses; groups are tried in order."""

    name: Name
    selector: Name = "random"
    targets: list[TargetSection] = Field(default_factory=list)

    _selector_is_known = field_validator("selector")(_known_selector)


class AdvancedSection(Section):
    """One of an alias's special behaviours."""

    type: Name
    enabled: bool = True


class AliasMetadataSection(Section):
    """Where the facts that `/v1/models` tells about an alias come from."""

    source: Literal["auto", "disabled", "openrouter", "models.dev", "catwalk", "custom"] = "auto"
    source_path: Name | None = None
    overrides: Open = Field(default_factory=dict, validate_default=True)

    @field_validator("overrides")
    @classmethod
    def _names_a_custom_model(cls, value: Open, info: ValidationInfo) -> Open:
        if info.data.get("source") == "custom" and not value.get("name"):
            raise refusals([(("name",), "is required with source: custom", "")])
        return value


def _listed_once(value: list[str]) -> list[str]:
    wrong: list[tuple[At, str, str]] = [
        ((n,), "is listed twice", "remove it") for n, name in enumerate(value) if name in value[:n]
    ]
    if wrong:
        raise refusals(wrong)
    return value


class AliasSection(Section):
    """A model name that clients use, and where it leads."""

    target_groups: list[TargetGroupSection] | None = None
    targets: list[TargetSection] | None = Field(default=None, validate_default=True)
    selector: Name = "random"
    priority: Literal["selector", "api_match"] = "selector"
    type: ModelTypeField = "text"
    additional_aliases: Names = Field(default_factory=list)
    use_image_fallthrough: bool = False
    enforce_limits: bool = False
    sticky_session: bool = False
    lossless: bool = False
    continue_stream: bool = False
    preferred_api: DialectList = Field(default_factory=list)
    advanced: list[AdvancedSection] = Field(default_factory=list)
    metadata: AliasMetadataSection | None = None
    extra_body: Open = Field(default_factory=dict, alias="extraBody")
    model_architecture: Stored = None
    compaction: Stored = None
    pi_model: Stored = None

    _selector_is_known = field_validator("selector")(_known_selector)
    _others_are_distinct = field_validator("additional_aliases")(_listed_once)

    @field_validator("targets")
    @classmethod
    def _are_given_once(
        cls, value: list[TargetSection] | None, info: ValidationInfo
    ) -> list[TargetSection] | None:
        groups = info.data.get("target_groups", [])
        if value is None and groups is None:
            raise refusal("is required", "write targets: [{provider: …, model: …}]")
        if value and groups:
            raise refusal("stands beside target_groups", "keep one of them")
        return value

    @field_validator("target_groups")
    @classmethod
    def _have_distinct_names(
        cls, value: list[TargetGroupSection] | None
    ) -> list[TargetGroupSection] | None:
        names = [group.name for group in value or ()]
        twice: list[tuple[At, str, str]] = [
            ((n, "name"), "is the name of two groups", "rename one")
            for n, name in enumerate(names)
            if name in names[:n]
        ]
        if twice:
            raise refusals(twice)
        return value
