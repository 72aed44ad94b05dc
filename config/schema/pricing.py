"""What a model costs: the four kinds of `pricing` (controlplane.md §1.4), or several in time. USD.

A list holds prices that follow each other: each is valid `from` its date on, one may have none.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
)

from plexus.config.schema.section import REFUSED, Section, refusal
from plexus.config.schema.values import Fraction, Name, Price, as_number, as_text

SOURCES: Final = ("simple", "defined", "openrouter", "per_request")


def moment_ms(text: str) -> int:
    """Return an ISO date or time as ms since 1970, UTC unless it says otherwise.

    Raises `ValueError` for what is neither.
    """
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def _as_moment(text: str) -> str:
    try:
        moment_ms(text)
    except (ValueError, OverflowError) as exc:
        raise refusal("must be a date or time such as 2026-01-31 or 2026-01-31T12:00Z") from exc
    return text


type _From = Annotated[str, BeforeValidator(as_text), AfterValidator(_as_moment)]


class _Priced(Section):
    since: _From | None = Field(default=None, alias="from")
    discount: Fraction | None = None


class SimplePricing(_Priced):
    """One set of rates, USD per million tokens."""

    source: Literal["simple"]
    input: Price
    output: Price
    cached: Price = 0.0
    cache_write: Price = 0.0
    cache_write_1h: Price | None = None


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
    cache_write_1h_per_m: Price | None = None

    @field_validator("upper_bound")
    @classmethod
    def _is_not_below_lower(cls, value: int | None, info: ValidationInfo) -> int | None:
        lower = info.data.get("lower_bound")
        if value is not None and isinstance(lower, int) and value < lower:
            raise refusal("must not be below lower_bound")
        return value


class DefinedPricing(_Priced):
    """Rates by the length of the prompt; the first range that fits counts."""

    source: Literal["defined"]
    range: Annotated[list[RangeStep], Field(min_length=1)]


class OpenRouterPricing(_Priced):
    """Rates from OpenRouter's public catalogue."""

    source: Literal["openrouter"]
    slug: Name


class PerRequestPricing(_Priced):
    """A flat price for each successful request; `discount` has no effect (dataplane.md §8.4)."""

    source: Literal["per_request"]
    amount: Price


type PricingSection = SimplePricing | DefinedPricing | OpenRouterPricing | PerRequestPricing


def _tag_of(value: object) -> str | None:
    source = value.get("source") if isinstance(value, dict) else getattr(value, "source", None)
    return f"<{source}>" if source in SOURCES else None


# Tags stand in angle brackets so that they can be told from keys in the path of an error. `type`
# makes it a name: Python 3.12 cannot hash the union below with all this spelled out in it.
type _OnePrice = Annotated[
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


def _follow_each_other(prices: list[PricingSection]) -> list[PricingSection]:
    since = [None if price.since is None else moment_ms(price.since) for price in prices]
    if len(set(since)) < len(since):
        raise refusal(
            "two prices are valid from the same time",
            "give each its own `from`; only one may have none",
        )
    return prices


def _kind_of(value: object) -> str:
    return "<list>" if isinstance(value, list) else "<one>"


PricingField = Annotated[
    Annotated[_OnePrice, Tag("<one>")]
    | Annotated[
        list[_OnePrice], Field(min_length=1), AfterValidator(_follow_each_other), Tag("<list>")
    ],
    Discriminator(_kind_of),
]
