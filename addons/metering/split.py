"""Split a cost that a provider reported over the classes of tokens (dataplane.md §8.4)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

from plexus.transforms.ir import Usage
from plexus.transforms.wire import JsonObject, number_at, object_at

# Rates and money are decimal fractions; binary floats would round 0.000000075 the wrong way. No
# traps: a provider's absurd number becomes NaN here and "unknown" in the result, not a crash.
EXACT: Final = Context(prec=60, rounding=ROUND_HALF_UP, traps=[])
ZERO: Final = Decimal(0)

# How providers name the parts; the first that is there counts.
_EXPLICIT: Final = (
    ("input_cost", "input_tokens_cost"),
    ("output_cost", "output_tokens_cost"),
    ("cached_cost", "cached_input_cost", "cache_read_cost"),
    ("cache_write_cost", "cache_creation_cost"),
)
_UPSTREAM: Final = (
    ("upstream_inference_prompt_cost", "upstream_inference_input_cost"),
    ("upstream_inference_completions_cost", "upstream_inference_output_cost"),
)


@dataclass(frozen=True, slots=True)
class Buckets:
    """The four parts of a cost before rounding; `None`: unknown."""

    input: Decimal | None = None
    output: Decimal | None = None
    cached: Decimal | None = None
    cache_write: Decimal | None = None

    def total(self) -> Decimal | None:
        """Return the sum, if all parts are known."""
        fresh, output, cached, written = self.input, self.output, self.cached, self.cache_write
        if fresh is None or output is None or cached is None or written is None:
            return None
        return add(fresh, output, cached, written)

    def parts(self) -> tuple[Decimal | None, ...]:
        """Return the parts in their order."""
        return self.input, self.output, self.cached, self.cache_write


def split(reported: float, usage: Usage, calculated: Buckets) -> Buckets:
    """Return a reported cost in parts, as the provider states them or else as we would have."""
    amount = decimal(reported)
    for shares in (_stated(usage), _upstream(usage, calculated), calculated):
        whole = shares.total() if shares is not None else None
        if shares is not None and whole is not None and whole.is_finite() and whole > 0:
            return _scaled(amount, shares, whole)
    return Buckets(amount, ZERO, ZERO, ZERO)


def add(*parts: Decimal) -> Decimal:
    """Return the exact sum."""
    total = ZERO
    for part in parts:
        if part:
            total = EXACT.add(total, part)
    return total


def decimal(value: float) -> Decimal:
    """Return the number as it was written, not its binary neighbour."""
    return Decimal(repr(value))


def _scaled(amount: Decimal, shares: Buckets, whole: Decimal) -> Buckets:
    return Buckets(
        *(
            EXACT.divide(EXACT.multiply(amount, part), whole)
            for part in shares.parts()
            if part is not None
        )
    )


def _details(usage: Usage) -> list[JsonObject]:
    # Each format keeps what it does not know of a report, under the provider's own names.
    found = ((object_at(raw, "cost_details"), object_at(raw, "cost")) for raw in usage.ext.values())
    return [details for pair in found for details in pair if details is not None]


def _stated(usage: Usage) -> Buckets | None:
    for details in _details(usage):
        parts = [_amount(details, names) for names in _EXPLICIT]
        if any(part is not None for part in parts):
            return Buckets(*(ZERO if part is None else part for part in parts))
    return None


def _upstream(usage: Usage, calculated: Buckets) -> Buckets | None:
    for details in _details(usage):
        prompt, output = (_amount(details, names) for names in _UPSTREAM)
        if prompt is not None and output is not None:
            return _with_prompt_split(prompt, output, calculated)
    return None


def _with_prompt_split(prompt: Decimal, output: Decimal, calculated: Buckets) -> Buckets:
    ours = (calculated.input, calculated.cached, calculated.cache_write)
    known = [part for part in ours if part is not None]
    whole = add(*known)
    if len(known) < 3 or not whole.is_finite() or whole == 0:
        return Buckets(prompt, output, ZERO, ZERO)
    fresh, cached, written = (EXACT.divide(EXACT.multiply(prompt, part), whole) for part in known)
    return Buckets(fresh, output, cached, written)


def _amount(details: JsonObject, names: tuple[str, ...]) -> Decimal | None:
    for name in names:
        value = number_at(details, name)
        if value is not None and 0 <= value < float("inf"):
            return decimal(value)
    return None
