"""A model at a provider: `providers.<name>.models.<model>` (controlplane.md §1.4)."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import AliasChoices, BeforeValidator, Field

from plexus.config.dialects import accepted_names, canonical
from plexus.config.problems import At, did_you_mean
from plexus.config.schema.pricing import PricingField
from plexus.config.schema.section import Section, refusal, refusals
from plexus.config.schema.values import (
    Name,
    Open,
    Positive,
    Stored,
    Text,
    as_text,
    kind_of_value,
)

type ModelType = Literal["text", "embeddings", "transcriptions", "speech", "image"]

_TYPES: Final[dict[str, ModelType]] = {
    "text": "text",
    "chat": "text",
    "responses": "text",
    "embeddings": "embeddings",
    "transcriptions": "transcriptions",
    "speech": "speech",
    "image": "image",
    "images": "image",
}


def as_model_type(value: object) -> object:
    """Return the model type that a name means: `chat` is `text`, `images` is `image`."""
    found = _TYPES.get(value.strip().lower()) if isinstance(value, str) else None
    if found is None:
        raise refusal("is no model type", did_you_mean(str(as_text(value)), tuple(_TYPES)))
    return found


def read_dialects(value: object) -> list[str]:
    """Return canonical dialects from names or `{type, subtype}` pairs, one alone or a list."""
    dialects: list[str] = []
    wrong: list[tuple[At, str, str]] = []
    for n, item in enumerate(value if isinstance(value, list) else [value]):
        at: At = (n,) if isinstance(value, list) else ()
        name = _dialect_name(item)
        found = None if name is None else canonical(name)
        if name is None:
            wrong.append((at, f"must be the name of a dialect, not {kind_of_value(item)}", ""))
        elif found is None:
            wrong.append((at, "is no dialect", did_you_mean(name, accepted_names())))
        elif found not in dialects:
            dialects.append(found)
    if wrong:
        raise refusals(wrong)
    return dialects


def _dialect_name(item: object) -> str | None:
    if isinstance(item, str):
        return item
    if not isinstance(item, dict) or not isinstance(item.get("type"), str):
        return None
    subtype = item.get("subtype")
    return str(item["type"]) if subtype is None else f"{item['type']}:{subtype}"


def read_adapters(value: object) -> object:
    """Return adapters as a list of mappings; a bare name stands for `{name: …}`."""
    items = value if isinstance(value, list) else [value]
    return [{"name": item} if isinstance(item, str) else item for item in items]


class AdapterSection(Section):
    """One use of a quirk: its options, or `enabled: false` to take an earlier one away."""

    name: Name
    options: Open = Field(default_factory=dict)
    enabled: bool = True


ModelTypeField = Annotated[ModelType, BeforeValidator(as_model_type)]
DialectList = Annotated[list[str], BeforeValidator(read_dialects)]
AdapterList = Annotated[list[AdapterSection], BeforeValidator(read_adapters)]


class ModelSection(Section):
    """A model, with what differs from its provider's other models."""

    type: ModelTypeField = "text"
    pricing: PricingField | None = None
    access_via: DialectList = Field(default_factory=list)
    extra_body: Open = Field(default_factory=dict, alias="extraBody")
    adapter: AdapterList = Field(
        default_factory=list,
        validation_alias=AliasChoices("adapter", "quirks"),
        serialization_alias="adapter",
    )
    max_concurrency: Positive | None = Field(default=None, alias="maxConcurrency")
    auto_compat: Stored = None
    pi_ai_model_id: Text | None = None


def read_models(value: object) -> object:
    """Return models by name; a list of names stands for as many empty mappings."""
    if not isinstance(value, list):
        return value
    wrong: list[tuple[At, str, str]] = [
        ((n,), f"must be a model's name, not {kind_of_value(item)}", "")
        for n, item in enumerate(value)
        if not isinstance(item, bool | int | float | str) or item == ""
    ]
    if wrong:
        raise refusals(wrong)
    return {str(as_text(item)): {} for item in value}


Models = Annotated[dict[str, ModelSection], BeforeValidator(read_models)]
