"""Public list prices of models, for those that the configuration gives no price.

The catalogue ships as data, `catalogue/prices.json`, and can be renewed from a file or an address
in the same form or in that of OpenRouter's list of models (docs/accounting.md#catalogue). What it
says of a model holds for calls to that vendor's own hosts only: others charge what they like.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from importlib.resources import files
from typing import Final, Self
from urllib.parse import urlsplit

from plexus.config.snapshot import Model, PriceStep, Pricing, Provider, Rates
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import (
    Json,
    JsonObject,
    list_at,
    number_at,
    object_at,
    parse_object,
    text_at,
)

OPENROUTER: Final = "openrouter"
OPENROUTER_URL: Final = "https://openrouter.ai/api/v1/models"

# Snapshots of a model cost what the model costs, unless they are listed themselves.
_SNAPSHOT: Final = re.compile(r"-(\d{4}-\d\d-\d\d|\d{8}|latest)$")
_KNOWN_URLS: Final = 1_024  # whose hosts are remembered
_MOST_PER_MILLION: Final = 1_000_000  # USD; whatever is more is a mistake


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceCatalogue:
    """Prices by `vendor/model`, and which vendor is behind a host."""

    prices: Mapping[str, Pricing] = field(default_factory=dict)
    hosts: Mapping[str, str] = field(default_factory=dict)
    slugs: Mapping[str, Rates] = field(default_factory=dict)  # OpenRouter's

    def renewed_by(self, later: Self) -> PriceCatalogue:
        """Return the union of two catalogues; where both have a price, the later one's holds."""
        return PriceCatalogue(
            prices={**self.prices, **later.prices},
            hosts={**self.hosts, **later.hosts},
            slugs={**self.slugs, **later.slugs},
        )

    def pricing(self, provider: Provider, model: Model, moment: int) -> Pricing | None:
        """Return what a model costs at `moment` (ms since 1970): as configured, else listed."""
        own = model.pricing_at(moment)
        return self.of_provider(provider, model.name) if own is None else own

    def of_provider(self, provider: Provider, model: str) -> Pricing | None:
        """Return the list price of a provider's model, less the provider's discount."""
        urls = (*provider.urls.values(), provider.default_url or "")
        found = next((price for url in urls if (price := self.at_host(_host(url), model))), None)
        if found is None or provider.discount is None:
            return found
        return replace(found, discount=provider.discount)

    def at_host(self, host: str, model: str) -> Pricing | None:
        """Return the list price of a model that is called at `host`."""
        vendor = self.hosts.get(host)
        if vendor is None:
            return None
        name = f"{vendor}/{model.removeprefix('models/')}"
        listed = self.prices.get(name)
        return self.prices.get(_SNAPSHOT.sub("", name)) if listed is None else listed


@functools.lru_cache(maxsize=_KNOWN_URLS)
def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


@functools.cache
def shipped() -> PriceCatalogue:
    """Return the catalogue of this release."""
    return read_catalogue(files("plexus.config.catalogue").joinpath("prices.json").read_bytes())


def read_catalogue(data: bytes) -> PriceCatalogue:
    """Read a catalogue in our own form or in OpenRouter's.

    Entries that make no sense are left out; raise `GatewayError` if nothing is left.
    """
    whole = parse_object(data, where="the price catalogue")
    listed = list_at(whole, "data")
    found = _openrouter(listed) if listed else _own(whole)
    if not found.prices:
        raise GatewayError(
            Kind.BAD_REQUEST,
            "the price catalogue has no price in it; it must be an object with a list under "
            "`prices`, or OpenRouter's list of models",
        )
    return found


def _own(whole: JsonObject) -> PriceCatalogue:
    prices: dict[str, Pricing] = {}
    for entry in list_at(whole, "prices"):
        if not isinstance(entry, dict):
            continue
        name = f"{text_at(entry, 'vendor')}/{text_at(entry, 'model')}"
        steps = tuple(step for item in list_at(entry, "steps") if (step := _step(item)))
        rates = _rates(entry)
        if rates is not None or steps:
            prices[name] = Pricing(source="catalogue", rates=rates, steps=steps, slug=name)
    hosts = {
        host: vendor
        for vendor, names in (object_at(whole, "hosts") or {}).items()
        for host in (names if isinstance(names, list) else [])
        if isinstance(host, str)
    }
    return PriceCatalogue(prices=prices, hosts=hosts)


def _step(item: object) -> PriceStep | None:
    if not isinstance(item, dict):
        return None
    lower, upper, rates = number_at(item, "from"), number_at(item, "to"), _rates(item)
    if rates is None:
        return None
    return PriceStep(
        lower=int(lower or 0), upper=None if upper is None else int(upper), rates=rates
    )


def _rates(entry: JsonObject) -> Rates | None:
    into, out = _amount(entry, "input"), _amount(entry, "output")
    if into is None or out is None:
        return None
    cached, written = _amount(entry, "cached"), _amount(entry, "cache_write")
    return Rates(
        input=into,
        output=out,
        # No price for what is cached: it is charged as what is not.
        cached=into if cached is None else cached,
        cache_write=into if written is None else written,
        cache_write_1h=_amount(entry, "cache_write_1h"),
    )


def _amount(entry: JsonObject, key: str) -> float | None:
    value = number_at(entry, key)
    return float(value) if value is not None and 0 <= value <= _MOST_PER_MILLION else None


def _openrouter(listed: list[Json]) -> PriceCatalogue:
    slugs: dict[str, Rates] = {}
    for entry in listed:
        slug = text_at(entry, "id") if isinstance(entry, dict) else None
        told = object_at(entry, "pricing") if isinstance(entry, dict) else None
        rates = _rates(_per_million(told)) if told is not None else None
        if slug is not None and rates is not None:
            slugs[slug] = rates
    prices = {
        f"{OPENROUTER}/{slug}": Pricing(
            source="catalogue", rates=rates, slug=f"{OPENROUTER}/{slug}"
        )
        for slug, rates in slugs.items()
    }
    return PriceCatalogue(prices=prices, hosts={"openrouter.ai": OPENROUTER}, slugs=slugs)


_OPENROUTER_NAMES: Final = (
    ("prompt", "input"),
    ("completion", "output"),
    ("input_cache_read", "cached"),
    ("input_cache_write", "cache_write"),
)


def _per_million(told: JsonObject) -> JsonObject:
    # Per token, as decimal text: "0.00000015". Models chosen at run time cost "-1".
    found: JsonObject = {}
    for theirs, ours in _OPENROUTER_NAMES:
        try:
            amount = Decimal(str(told.get(theirs))) * 1_000_000
        except InvalidOperation:
            continue
        if amount.is_finite():
            found[ours] = float(amount)
    return found
