"""What a call cost: tokens times the model's rates, or what the provider itself reported.

Unknown is never zero (dataplane.md §8.4): a call whose tokens or rates are not known costs `None`,
so that a sum over the ledger cannot look complete when it is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

from plexus.config.snapshot import PriceStep, Pricing, Rates
from plexus.transforms.ir import Usage
from plexus.transforms.wire import JsonObject

REPORTED: Final = "provider_reported"

# Rates and money are decimal fractions; binary floats would round 0.000000075 the wrong way. No
# traps: a provider's absurd number becomes NaN here and "unknown" in the result, not a crash.
_EXACT: Final = Context(prec=60, rounding=ROUND_HALF_UP, traps=[])
_CENT: Final = Decimal("1e-8")  # the smallest sum that the ledger keeps, USD
_ZERO: Final = Decimal(0)
_PER_MILLION: Final = Decimal("1e-6")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one call cost, in USD rounded to 8 decimals; `None`: unknown.

    `source` is the pricing that was used, `provider_reported`, or `None` when there is no price.
    `metadata` holds the rates, step, slug and discount that led to the sums, or, under `tried`, the
    pricing that had no rate for this call.
    """

    input: float | None = None
    output: float | None = None
    cached: float | None = None
    cache_write: float | None = None
    total: float | None = None
    source: str | None = None
    metadata: JsonObject = field(default_factory=dict)
    provider_reported: float | None = None  # as the provider said it, unrounded


@dataclass(frozen=True, slots=True)
class _Buckets:
    """The four parts of a cost before rounding."""

    input: Decimal | None = None
    output: Decimal | None = None
    cached: Decimal | None = None
    cache_write: Decimal | None = None

    def total(self) -> Decimal | None:
        known = [part for part in self.parts() if part is not None]
        return _sum(known) if len(known) == 4 else None

    def parts(self) -> tuple[Decimal | None, ...]:
        return self.input, self.output, self.cached, self.cache_write


def price(
    usage: Usage, pricing: Pricing | None, catalogue: Mapping[str, Rates] | None = None
) -> Cost:
    """Return what a call with this usage cost (dataplane.md §8.4, controlplane.md §1.4).

    `catalogue` maps OpenRouter slugs to rates; a slug that it lacks has no known price. A cost in
    `usage.cost` takes precedence over any calculation.
    """
    calculated = _calculate(usage, pricing, catalogue or {})
    reported = usage.cost
    if reported is None or not 0 <= reported < float("inf"):
        return _cost(*calculated)
    return _reported(reported, *calculated)


def _calculate(
    usage: Usage, pricing: Pricing | None, catalogue: Mapping[str, Rates]
) -> tuple[_Buckets, str | None, JsonObject]:
    if pricing is None:
        return _Buckets(), None, {}
    if pricing.source == "per_request":
        return _per_request(pricing)
    rates, found = _rates(usage, pricing, catalogue)
    if rates is None:
        return _Buckets(), None, {"tried": pricing.source, **found}
    metadata: JsonObject = {
        "input": rates.input,
        "output": rates.output,
        "cached": rates.cached,
        "cache_write": rates.cache_write,
        "discount": pricing.discount,
        **found,
    }
    return _buckets(usage, rates, pricing.discount), pricing.source, metadata


def _per_request(pricing: Pricing) -> tuple[_Buckets, str | None, JsonObject]:
    if pricing.amount is None:
        return _Buckets(), None, {"tried": pricing.source}
    amount = _decimal(pricing.amount)
    return _Buckets(amount, _ZERO, _ZERO, _ZERO), pricing.source, {"amount": pricing.amount}


def _rates(
    usage: Usage, pricing: Pricing, catalogue: Mapping[str, Rates]
) -> tuple[Rates | None, JsonObject]:
    if pricing.source == "openrouter":
        slug = pricing.slug
        return (catalogue.get(slug) if slug is not None else None), {"slug": slug}
    if pricing.source == "defined":
        step = _step(usage, pricing.steps)
        if step is None:
            return None, {"prompt_tokens": _prompt(usage)}
        return step.rates, {"range": {"lower_bound": step.lower, "upper_bound": step.upper}}
    return pricing.rates, {}


def _step(usage: Usage, steps: tuple[PriceStep, ...]) -> PriceStep | None:
    prompt = _prompt(usage)
    if prompt is None:
        return None
    return next(
        (
            step
            for step in steps
            if step.lower <= prompt and (step.upper is None or prompt <= step.upper)
        ),
        None,
    )


def _prompt(usage: Usage) -> int | None:
    # All of the prompt: a long one that is mostly cached is a long one all the same.
    if usage.input is None:
        return None
    return usage.input + (usage.cache_read or 0) + (usage.cache_write or 0)


def _buckets(usage: Usage, rates: Rates, discount: float) -> _Buckets:
    # Providers leave cache counts out when nothing was cached; that is zero, not unknown.
    absent = None if usage.input is None else 0
    cached = absent if usage.cache_read is None else usage.cache_read
    written = absent if usage.cache_write is None else usage.cache_write
    return _Buckets(
        _bucket(usage.input, rates.input, discount),
        _bucket(usage.output, rates.output, discount),
        _bucket(cached, rates.cached, discount),
        _bucket(written, rates.cache_write, discount),
    )


def _bucket(tokens: int | None, rate: float, discount: float) -> Decimal | None:
    if rate == 0:
        return _ZERO  # free, however many tokens it was
    if tokens is None:
        return None
    per_token = _EXACT.multiply(_decimal(rate), _PER_MILLION)
    gross = _EXACT.multiply(Decimal(tokens), per_token)
    return _EXACT.multiply(gross, _EXACT.subtract(Decimal(1), _decimal(discount)))


def _reported(
    reported: float, calculated: _Buckets, source: str | None, metadata: JsonObject
) -> Cost:
    buckets = _split(_decimal(reported), calculated)
    previous: JsonObject = {
        **metadata,
        "calculated_source": source,
        "calculated_total": _money(calculated.total()),
    }
    return _cost(buckets, REPORTED, previous, reported)


def _split(amount: Decimal, shares: _Buckets) -> _Buckets:
    whole = shares.total()
    if whole is None or not whole.is_finite() or whole == 0:
        return _Buckets(amount, _ZERO, _ZERO, _ZERO)
    return _Buckets(
        *(
            _EXACT.divide(_EXACT.multiply(amount, part), whole)
            for part in shares.parts()
            if part is not None
        )
    )


def _cost(
    buckets: _Buckets, source: str | None, metadata: JsonObject, reported: float | None = None
) -> Cost:
    return Cost(
        input=_money(buckets.input),
        output=_money(buckets.output),
        cached=_money(buckets.cached),
        cache_write=_money(buckets.cache_write),
        total=_money(buckets.total()),  # of the unrounded parts, rounded once
        source=source,
        metadata=metadata,
        provider_reported=reported,
    )


def _decimal(value: float) -> Decimal:
    return Decimal(repr(value))  # the number as it was written, not its binary neighbour


def _sum(parts: list[Decimal]) -> Decimal:
    total = _ZERO
    for part in parts:
        total = _EXACT.add(total, part)
    return total


def _money(value: Decimal | None) -> float | None:
    if value is None:
        return None
    rounded = value.quantize(_CENT, context=_EXACT)
    return float(rounded) if rounded.is_finite() else None
