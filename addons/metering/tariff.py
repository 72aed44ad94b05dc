"""Rates as whole numbers, worked out once per price: so that a call's sums are plain integers.

A rate is a decimal fraction with few digits, hence so is a price per token. Over a power of ten
that suits all rates of a tariff they are integers, whose products and sums are exact, and quick.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from plexus.addons.metering.split import EXACT, Buckets, decimal
from plexus.config.snapshot import Rates

_KEPT: Final = 1_024  # tariffs, by their value: whichever configuration they are from
_PER_MILLION: Final = Decimal("1e-6")
_CENTS: Final = 8  # decimals of the smallest sum that the ledger keeps, USD
_PER_USD: Final = 10**_CENTS
_MOST: Final = 10**60  # of the smallest sum; whatever is more is no money


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """What a token of each class costs, in units of 10^-`digits` USD; `None`: no price."""

    input: int | None
    output: int | None
    cached: int | None
    cache_write: int | None
    cache_write_1h: int | None
    digits: int


@dataclass(slots=True)
class Sums:
    """The parts of a cost in units of 10^-`digits` USD, `digits` >= 8; `None`: unknown."""

    input: int | None = None
    output: int | None = None
    cached: int | None = None
    cache_write: int | None = None
    digits: int = _CENTS

    def total(self) -> int | None:
        """Return the sum, if all parts are known."""
        fresh, output, cached, written = self.input, self.output, self.cached, self.cache_write
        if fresh is None or output is None or cached is None or written is None:
            return None
        return fresh + output + cached + written

    def usd(self, amount: int | None) -> float | None:
        """Return one of the parts or the total in USD, rounded half up to 8 decimals."""
        if not amount:
            return None if amount is None else 0.0
        cent: int = 10 ** (self.digits - _CENTS)
        rounded = (amount + cent // 2) // cent
        return rounded / _PER_USD if rounded < _MOST else None

    def buckets(self) -> Buckets:
        """Return the same as decimal fractions of a USD."""
        parts = (self.input, self.output, self.cached, self.cache_write)
        return Buckets(
            *(None if n is None else EXACT.scaleb(Decimal(n), -self.digits) for n in parts)
        )


def tariff_of(rates: Rates, discount: float) -> Tariff:
    """Return the tariff for rates in USD per million tokens; `discount` is the fraction off."""
    return _tariff(
        rates.input, rates.output, rates.cached, rates.cache_write, rates.cache_write_1h, discount
    )


def flat(amount: float) -> Sums:
    """Return a price in USD that is paid for the call as such, booked as input."""
    digits, (units,) = _as_integers([decimal(amount)])
    return Sums(units, 0, 0, 0, digits)


@lru_cache(maxsize=_KEPT)
def _tariff(
    fresh: float,
    output: float,
    cached: float,
    written: float,
    written_1h: float | None,
    discount: float,
) -> Tariff:
    left = EXACT.subtract(Decimal(1), decimal(discount))
    rates = (fresh, output, cached, written, 0.0 if written_1h is None else written_1h)
    digits, units = _as_integers(
        [EXACT.multiply(EXACT.multiply(decimal(rate), _PER_MILLION), left) for rate in rates]
    )
    return Tariff(
        input=units[0],
        output=units[1],
        cached=units[2],
        cache_write=units[3],
        cache_write_1h=None if written_1h is None else units[4],
        digits=digits,
    )


def _as_integers(amounts: list[Decimal]) -> tuple[int, list[int | None]]:
    exponents = [amount.as_tuple().exponent for amount in amounts]
    digits = max([_CENTS, *(-exponent for exponent in exponents if isinstance(exponent, int))])
    return digits, [
        int(EXACT.scaleb(amount, digits)) if amount.is_finite() else None for amount in amounts
    ]
