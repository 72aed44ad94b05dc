"""What a model costs: the four kinds of `pricing` (controlplane.md §1.4). USD."""

from __future__ import annotations

import math
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, ValidationInfo, field_validator

from plexus.config.schema.section import REFUSED, Section, refusal
from plexus.config.schema.values import Fraction, Name, Price, as_number

SOURCES: Final = ("simple", "defined", "openrouter", "per_request")


class SimplePricing(Section):
    """One set of rates, USD per million tokens."""

    source: Literal["simple"]
    input: Price
    output: Price
    cached: Price = 0.0
    cache_write: Price = 0.0
    discount: Fraction | None = None


def _no_bound(value: object) -> object:
    number = as_number(value)
    return None if isinstance(number, float) and number == math.inf else number


class RangeStep(Section):
    """Rates for prompts of a length: both bounds belong to it, no upper bound means no end."""

    lower_bound: Annotated[int, BeforeValidator(as_number), Field(ge=0)] = 0
    upper_bound: Annotated[Annotated[int, Field(ge=0)] | None, BeforeValidator(_no_bound)] = None
    input_per_m: Price
    output_per_m: Price
    cached_per_m: Price = 0.0
    cache_write_per_m: Price = 0.0

    @field_validator("upper_bound")
    @classmethod
    def _is_not_below_lower(cls, value: int | None, info: ValidationInfo) -> int | None:
        lower = info.data.get("lower_bound")
        if value is not None and isinstance(lower, int) and value < lower:
            raise refusal("must not be below lower_bound")
        return value


class DefinedPricing(Section):
    """Rates by the length of the prompt; the first range that fits counts."""

    source: Literal["defined"]
    range: Annotated[list[RangeStep], Field(min_length=1)]
    discount: Fraction | None = None


class OpenRouterPricing(Section):
    """Rates from OpenRouter's public catalogue."""

    source: Literal["openrouter"]
    slug: Name
    discount: Fraction | None = None


class PerRequestPricing(Section):
    """A flat price for each successful request; no discount applies to it."""

    source: Literal["per_request"]
    amount: Price
    discount: Fraction | None = None  # accepted and without effect, dataplane.md §8.4


type PricingSection = SimplePricing | DefinedPricing | OpenRouterPricing | PerRequestPricing


def _tag_of(value: object) -> str | None:
    source = value.get("source") if isinstance(value, dict) else getattr(value, "source", None)
    return f"<{source}>" if source in SOURCES else None


# Tags stand in angle brackets so that they can be told from keys in the path of an error.
PricingField = Annotated[
    Annotated[SimplePricing, Tag("<simple>")]
    | Annotated[DefinedPricing, Tag("<defined>")]
    | Annotated[OpenRouterPricing, Tag("<openrouter>")]
    | Annotated[PerRequestPricing, Tag("<per_request>")],
    Discriminator(
        _tag_of,
        custom_error_type=REFUSED,
        custom_error_message=f"needs a source, one of {', '.join(SOURCES)}",
        custom_error_context={"message": "", "remedy": ""},
    ),
]
