"""What a call cost: tokens times the model's rates, or what the provider itself reported.

Unknown is never zero (dataplane.md §8.4): a call whose tokens or rates are not known costs `None`,
so that a sum over the ledger cannot look complete when it is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from plexus.addons.metering.split import EXACT, split
from plexus.addons.metering.tariff import Sums, Tariff, flat, tariff_of
from plexus.config.snapshot import PriceStep, Pricing, Rates
from plexus.transforms.ir import Usage
from plexus.transforms.value import quickly_made
from plexus.transforms.wire import JsonObject

REPORTED: Final = "provider_reported"

_CENT: Final = Decimal("1e-8")  # the smallest sum that the ledger keeps, USD


@quickly_made
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


def price(
    usage: Usage, pricing: Pricing | None, catalogue: Mapping[str, Rates] | None = None
) -> Cost:
    """Return what a call with this usage cost (dataplane.md §8.4, controlplane.md §1.4).

    `catalogue` maps OpenRouter slugs to rates; a slug that it lacks has no known price. A cost in
    `usage.cost` takes precedence over any calculation.
    """
    sums, source, metadata = _calculate(usage, pricing, catalogue or {})
    reported = usage.cost
    if reported is None or not 0 <= reported < float("inf"):
        return _calculated(sums, source, metadata)
    return _reported(reported, usage, sums, source, metadata)


def _calculate(
    usage: Usage, pricing: Pricing | None, catalogue: Mapping[str, Rates]
) -> tuple[Sums, str | None, JsonObject]:
    if pricing is None:
        return Sums(), None, {}
    if pricing.source == "per_request":
        return _per_request(pricing)
    rates, found = _rates(usage, pricing, catalogue)
    if rates is None:
        return Sums(), None, {"tried": pricing.source, **found}
    metadata: JsonObject = {
        "input": rates.input,
        "output": rates.output,
        "cached": rates.cached,
        "cache_write": rates.cache_write,
        "discount": pricing.discount,
        **found,
    }
    if rates.cache_write_1h is not None:
        metadata["cache_write_1h"] = rates.cache_write_1h
    return _sums(usage, rates, pricing.discount), pricing.source, metadata


def _per_request(pricing: Pricing) -> tuple[Sums, str | None, JsonObject]:
    if pricing.amount is None:
        return Sums(), None, {"tried": pricing.source}
    return flat(pricing.amount), pricing.source, {"amount": pricing.amount}


def _rates(
    usage: Usage, pricing: Pricing, catalogue: Mapping[str, Rates]
) -> tuple[Rates | None, JsonObject]:
    if pricing.source == "openrouter":
        slug = pricing.slug
        return (catalogue.get(slug) if slug is not None else None), {"slug": slug}
    listed: JsonObject = {"listed": pricing.slug} if pricing.source == "catalogue" else {}
    if not pricing.steps:
        return pricing.rates, listed
    step = _step(usage, pricing.steps)
    if step is None:
        return None, {**listed, "prompt_tokens": _prompt(usage)}
    return step.rates, {**listed, "range": {"lower_bound": step.lower, "upper_bound": step.upper}}


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


def _sums(usage: Usage, rates: Rates, discount: float) -> Sums:
    # Providers leave cache counts out when nothing was cached; that is zero, not unknown.
    absent = None if usage.input is None else 0
    cached = absent if usage.cache_read is None else usage.cache_read
    written = absent if usage.cache_write is None else usage.cache_write
    tariff = tariff_of(rates, discount)
    return Sums(
        _bucket(usage.input, rates.input, tariff.input),
        _bucket(usage.output, rates.output, tariff.output),
        _bucket(cached, rates.cached, tariff.cached),
        _written(usage, written, rates, tariff),
        tariff.digits,
    )


def _written(usage: Usage, written: int | None, rates: Rates, tariff: Tariff) -> int | None:
    long = usage.cache_write_1h
    if not long or rates.cache_write_1h is None or written is None:
        return _bucket(written, rates.cache_write, tariff.cache_write)
    short = _bucket(max(0, written - long), rates.cache_write, tariff.cache_write)
    hour = _bucket(long, rates.cache_write_1h, tariff.cache_write_1h)
    return None if short is None or hour is None else short + hour


def _bucket(tokens: int | None, rate: float | None, price: int | None) -> int | None:
    if rate == 0:
        return 0  # free, however many tokens it was
    return None if tokens is None or price is None else tokens * price


def _reported(
    reported: float,
    usage: Usage,
    calculated: Sums,
    source: str | None,
    metadata: JsonObject,
) -> Cost:
    buckets = split(reported, usage, calculated.buckets())
    previous: JsonObject = {
        **metadata,
        "calculated_source": source,
        "calculated_total": calculated.usd(calculated.total()),
    }
    return Cost(
        input=_money(buckets.input),
        output=_money(buckets.output),
        cached=_money(buckets.cached),
        cache_write=_money(buckets.cache_write),
        total=_money(buckets.total()),  # of the unrounded parts, rounded once
        source=REPORTED,
        metadata=previous,
        provider_reported=reported,
    )


def _calculated(sums: Sums, source: str | None, metadata: JsonObject) -> Cost:
    return Cost(
        input=sums.usd(sums.input),
        output=sums.usd(sums.output),
        cached=sums.usd(sums.cached),
        cache_write=sums.usd(sums.cache_write),
        total=sums.usd(sums.total()),  # of the unrounded parts, rounded once
        source=source,
        metadata=metadata,
    )


def _money(value: Decimal | None) -> float | None:
    if value is None:
        return None
    rounded = value.quantize(_CENT, context=EXACT)
    return float(rounded) if rounded.is_finite() else None
