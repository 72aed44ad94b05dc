"""Turn validated provider sections into the providers of a snapshot."""

from __future__ import annotations

from typing import Final

from plexus.config.build_resilience import build_stall
from plexus.config.dialects import DIALECTS, OAUTH_DIALECTS, infer, is_oauth, trim
from plexus.config.schema.models import AdapterSection, ModelSection
from plexus.config.schema.pricing import (
    DefinedPricing,
    OpenRouterPricing,
    PerRequestPricing,
    PricingSection,
    RangeStep,
    SimplePricing,
    moment_ms,
)
from plexus.config.schema.providers import ProviderSection
from plexus.config.schema.sections import StallSection
from plexus.config.schema.urls import has_oauth
from plexus.config.snapshot import Adapter, Model, PriceStep, Pricing, Provider, Rates

# What people write where a key must stand although none is to be sent.
_NO_KEY: Final = frozenset({"", "none", "oauth"})


def build_provider(
    name: str,
    section: ProviderSection,
    serves: tuple[str, ...] = (),
    stall: StallSection | None = None,
) -> Provider:
    """Return the provider that a section describes, serving models by those name patterns.

    `stall` is the general section on stalls, which the provider's own fields override.
    """
    keys = _keys(section)
    urls, default_url = _urls(section)
    return Provider(
        name=name,
        urls=urls,
        default_url=default_url,
        api_key=keys[0] if keys else None,
        api_keys=keys,
        display_name=section.display_name,
        enabled=section.enabled,
        models={
            model: _model(model, entry, section.discount) for model, entry in section.models.items()
        },
        headers=section.headers,
        extra_body=section.extra_body,
        discount=section.discount,
        quirks=_quirks(section.adapter),
        adapters=_adapters(section.adapter),
        disable_cooldown=section.disable_cooldown,
        estimate_tokens=section.estimate_tokens,
        timeout_s=None if section.timeout_ms is None else section.timeout_ms / 1000,
        stall=build_stall(StallSection() if stall is None else stall, section),
        max_concurrency=section.max_concurrency,
        oauth_provider=section.oauth_provider if has_oauth(section.api_base_url) else None,
        oauth_account=section.oauth_account if has_oauth(section.api_base_url) else None,
        serves=serves,
        raw=section.plain(),
    )


def _keys(section: ProviderSection) -> tuple[str, ...]:
    first = [] if section.api_key is None else [section.api_key]
    keys = (key.strip() for key in (*first, *section.api_keys))
    return tuple(dict.fromkeys(key for key in keys if key.lower() not in _NO_KEY))


def _urls(section: ProviderSection) -> tuple[dict[str, str], str | None]:
    written = section.api_base_url
    if isinstance(written, str):
        if is_oauth(written):
            return _behind_login(section, written), None
        return {name: trim(written, name) for name in section.type or [infer(written)]}, None
    urls: dict[str, str] = {}
    for name, url in written.items():
        if is_oauth(url):
            urls |= _behind_login(section, url) if name not in DIALECTS else {name: url}
        elif name != "default":
            urls[name] = trim(url, name)
    default = written.get("default")
    if not urls and default is not None:
        # A default alone is a plain URL in other words.
        urls = {name: trim(default, name) for name in section.type or [infer(default)]}
    return urls, default


def _behind_login(section: ProviderSection, url: str) -> dict[str, str]:
    if section.type:
        return dict.fromkeys(section.type, url)
    return dict.fromkeys(OAUTH_DIALECTS.get(str(section.oauth_provider), ()), url)


def _model(name: str, section: ModelSection, discount: float | None) -> Model:
    written = section.pricing
    sections = written if isinstance(written, list) else [] if written is None else [written]
    prices = [_pricing(price, discount) for price in sections]
    return Model(
        name=name,
        type=section.type,
        pricing=next((price for price in prices if price.since is None), None),
        repriced=tuple(price for price in prices if price.since is not None),
        access_via=tuple(section.access_via),
        extra_body=section.extra_body,
        quirks=_quirks(section.adapter),
        adapters=_adapters(section.adapter),
        max_concurrency=section.max_concurrency,
    )


def _pricing(section: PricingSection, inherited: float | None) -> Pricing:
    own = section.discount if section.discount is not None else inherited
    discount = 0.0 if own is None else own
    since = None if section.since is None else moment_ms(section.since)
    match section:
        case SimplePricing():
            rates = Rates(
                input=section.input,
                output=section.output,
                cached=section.cached,
                cache_write=section.cache_write,
                cache_write_1h=section.cache_write_1h,
            )
            return Pricing(source="simple", rates=rates, discount=discount, since=since)
        case DefinedPricing():
            steps = tuple(_step(step) for step in section.range)
            return Pricing(source="defined", steps=steps, discount=discount, since=since)
        case OpenRouterPricing():
            return Pricing(source="openrouter", slug=section.slug, discount=discount, since=since)
        case PerRequestPricing():
            return Pricing(source="per_request", amount=section.amount, since=since)


def _step(section: RangeStep) -> PriceStep:
    return PriceStep(
        lower=section.lower_bound,
        upper=section.upper_bound,
        rates=Rates(
            input=section.input_per_m,
            output=section.output_per_m,
            cached=section.cached_per_m,
            cache_write=section.cache_write_per_m,
            cache_write_1h=section.cache_write_1h_per_m,
        ),
    )


def _adapters(sections: list[AdapterSection]) -> tuple[Adapter, ...]:
    return tuple(
        Adapter(name=section.name, options=section.options, enabled=section.enabled)
        for section in sections
    )


def _quirks(sections: list[AdapterSection]) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for section in sections:
        if section.enabled:
            names[section.name] = None
        else:
            names.pop(section.name, None)
    return tuple(names)
