"""From provider sections to providers."""

from __future__ import annotations

import pytest

from plexus.config.snapshot import Adapter, Model, PriceStep, Pricing, Provider, Rates
from tests.config.making import provider_of, snapshot_of

BASE = "api_base_url: 'https://llm.example/v1', api_key: k"


def price_of(pricing: str, provider: str = BASE) -> Pricing | None:
    """Return the price of a model whose section has this content."""
    return provider_of(f"{provider}, models: {{m: {{{pricing}}}}}").models["m"].pricing


def test_prices_that_follow_each_other_are_taken_apart() -> None:
    pricing = (
        "pricing: [{source: simple, input: 1, output: 2}, "
        "{from: 1970-01-03, source: per_request, amount: 3}, "
        "{from: '1970-01-02T00:00Z', source: simple, input: 4, output: 5, cache_write_1h: 6}]"
    )
    model = provider_of(f"{BASE}, discount: 0.5, models: {{m: {{{pricing}}}}}").models["m"]
    first = Pricing(source="simple", rates=Rates(input=1, output=2), discount=0.5)
    rates = Rates(input=4, output=5, cache_write_1h=6)
    second = Pricing(source="simple", rates=rates, discount=0.5, since=86_400_000)
    third = Pricing(source="per_request", amount=3, since=2 * 86_400_000)
    assert (model.pricing, set(model.repriced)) == (first, {second, third})
    assert [model.pricing_at(day * 86_400_000) for day in range(4)] == [
        first, second, third, third,
    ]  # fmt: skip


def test_a_price_with_a_beginning_does_not_hold_before() -> None:
    text = (
        f"{BASE}, models: {{m: {{pricing: {{from: 1970-01-02, source: per_request, amount: 1}}}}}}"
    )
    model = provider_of(text).models["m"]
    assert model.pricing_at(0) is None
    found = model.pricing_at(86_400_000)
    assert found is not None and found.amount == 1


def test_every_field_is_taken_over() -> None:
    provider = provider_of(
        f"{BASE}, display_name: P, enabled: false, models: [m], headers: {{A: 1}}, "
        "extraBody: {b: 2}, discount: 0.5, estimateTokens: true, disable_cooldown: true, "
        "timeoutMs: 1500, maxConcurrency: 3, quirks: [q]"
    )
    assert provider == Provider(
        name="p",
        urls={"chat": "https://llm.example/v1"},
        api_key="k",
        api_keys=("k",),
        display_name="P",
        enabled=False,
        models={"m": Model(name="m")},
        headers={"A": "1"},
        extra_body={"b": 2},
        discount=0.5,
        estimate_tokens=True,
        disable_cooldown=True,
        timeout_s=1.5,
        max_concurrency=3,
        quirks=("q",),
        adapters=(Adapter(name="q"),),
        raw=provider.raw,
    )


def test_the_raw_section_has_the_file_s_names_and_the_defaults() -> None:
    assert provider_of(f"{BASE}, discount: 0.5").raw == {
        "api_base_url": "https://llm.example/v1",
        "type": [],
        "api_keys": [],
        "api_key": "k",
        "enabled": True,
        "models": {},
        "headers": {},
        "extraBody": {},
        "discount": 0.5,
        "estimateTokens": False,
        "disable_cooldown": False,
        "stall_cooldown": False,
        "allow_100_percent_utilization": False,
        "useClaudeMasking": False,
        "geminiThinkingEnabled": False,
        "disable_quota_check": False,
        "model_autosync": {"enabled": False, "intervalMinutes": 60.0},
        "adapter": [],
        "raw_passthrough": {"enabled": False, "auth": "bearer"},
    }


@pytest.mark.parametrize(
    ("keys", "sent"),
    [
        ("api_key: a", ("a",)),
        ("api_key: ' a '", ("a",)),
        ("api_key: a, api_keys: [b, a, c]", ("a", "b", "c")),
        ("api_keys: [b, c]", ("b", "c")),
        ("api_key: none", ()),
        ("api_key: ''", ()),
        ("api_key: oauth", ()),
        ("api_key: none, api_keys: [b]", ("b",)),
    ],
)
def test_the_first_key_is_the_key(keys: str, sent: tuple[str, ...]) -> None:
    provider = provider_of(f"api_base_url: 'https://x.example', {keys}")
    assert provider.api_keys == sent
    assert provider.api_key == (sent[0] if sent else None)


@pytest.mark.parametrize(
    ("section", "urls"),
    [
        ("'https://x.example/v1/'", {"chat": "https://x.example/v1"}),
        ("'https://api.anthropic.com'", {"messages": "https://api.anthropic.com/v1"}),
        ("'https://g.example/v1beta', type: Gemini", {"gemini": "https://g.example"}),
        ("'https://api.anthropic.com/v1', type: OpenAI", {"chat": "https://api.anthropic.com/v1"}),
        (
            "'https://x.example/v1', type: [OpenAI, Anthropic]",
            {"chat": "https://x.example/v1", "messages": "https://x.example/v1"},
        ),
        (
            "{messages: 'https://m.example/', gemini: 'https://g.example/v1beta', chat: ''}",
            {"messages": "https://m.example", "gemini": "https://g.example"},
        ),
        ("{default: 'https://api.anthropic.com'}", {"messages": "https://api.anthropic.com/v1"}),
    ],
)
def test_urls_by_dialect_come_from_every_form(section: str, urls: dict[str, str]) -> None:
    assert dict(provider_of(f"api_key: k, api_base_url: {section}").urls) == urls


def test_the_default_of_a_mapping_is_no_dialect() -> None:
    provider = provider_of("api_key: k, api_base_url: {chat: 'https://c', default: 'https://d/'}")
    assert provider.urls == {"chat": "https://c"}
    assert provider.default_url == "https://d/"


def test_a_login_speaks_its_own_dialects() -> None:
    text = """
providers:
  anthropic: {api_base_url: 'oauth://', api_key: oauth, oauth_account: me}
  copilot: {api_base_url: {oauth: 'oauth://x'}, oauth_provider: github-copilot}
  codex: {api_base_url: 'oauth://x', oauth_provider: openai-codex, type: chat}
  mixed: {api_base_url: {oauth: 'oauth://x', chat: 'https://c'}, oauth_provider: anthropic}
  one: {api_base_url: {messages: 'oauth://x'}, oauth_provider: anthropic}
"""
    providers = snapshot_of(text).providers
    assert {name: provider.urls for name, provider in providers.items()} == {
        "anthropic": {"messages": "oauth://"},
        "copilot": dict.fromkeys(("chat", "messages", "responses"), "oauth://x"),
        "codex": {"chat": "oauth://x"},
        "mixed": {"messages": "oauth://x", "chat": "https://c"},
        "one": {"messages": "oauth://x"},
    }
    assert (providers["anthropic"].oauth_provider, providers["anthropic"].oauth_account) == (
        "anthropic",
        "me",
    )
    assert providers["anthropic"].api_key is None


def test_a_login_that_is_not_used_is_forgotten() -> None:
    provider = provider_of(f"{BASE}, oauth_provider: anthropic, oauth_account: me")
    assert (provider.oauth_provider, provider.oauth_account) == (None, None)


def test_every_field_of_a_model_is_taken_over() -> None:
    section = (
        "type: images, access_via: [{type: responses, subtype: lite}], extraBody: {a: 1}, "
        "adapter: [x, {name: y, options: {o: 1}}, {name: x, enabled: false}], maxConcurrency: 2"
    )
    assert provider_of(f"{BASE}, models: {{m: {{{section}}}}}").models["m"] == Model(
        name="m",
        type="image",
        access_via=("responses:lite",),
        extra_body={"a": 1},
        quirks=("y",),
        adapters=(
            Adapter(name="x"),
            Adapter(name="y", options={"o": 1}),
            Adapter(name="x", enabled=False),
        ),
        max_concurrency=2,
    )


def test_an_empty_access_list_counts_as_not_set() -> None:
    assert provider_of(f"{BASE}, models: {{m: {{access_via: []}}}}").models["m"].access_via == ()


def test_a_model_without_a_price_costs_nobody_knows_what() -> None:
    assert price_of("") is None
    assert price_of("pricing: null") is None


def test_simple_prices_have_free_caches_unless_they_say_otherwise() -> None:
    assert price_of("pricing: {source: simple, input: 1, output: 2}") == Pricing(
        source="simple", rates=Rates(input=1.0, output=2.0, cached=0.0, cache_write=0.0)
    )
    rates = "cached: 0.1, cache_write: 3"
    assert price_of(f"pricing: {{source: simple, input: 1, output: 2, {rates}}}") == Pricing(
        source="simple", rates=Rates(input=1.0, output=2.0, cached=0.1, cache_write=3.0)
    )


def test_prices_by_length_keep_their_order_and_open_end() -> None:
    ranges = (
        "{upper_bound: 10, input_per_m: 1, output_per_m: 2}, "
        "{lower_bound: 11, upper_bound: .inf, input_per_m: 3, output_per_m: 4, "
        "cached_per_m: 5, cache_write_per_m: 6}"
    )
    assert price_of(f"pricing: {{source: defined, range: [{ranges}]}}") == Pricing(
        source="defined",
        steps=(
            PriceStep(lower=0, upper=10, rates=Rates(input=1.0, output=2.0)),
            PriceStep(
                lower=11,
                upper=None,
                rates=Rates(input=3.0, output=4.0, cached=5.0, cache_write=6.0),
            ),
        ),
    )


def test_a_model_s_discount_beats_its_provider_s_and_a_flat_price_has_none() -> None:
    cheap = f"{BASE}, discount: 0.2"
    slug = "pricing: {source: openrouter, slug: a/b"
    assert price_of(f"{slug}}}", cheap) == Pricing(source="openrouter", slug="a/b", discount=0.2)
    assert price_of(f"{slug}, discount: 0}}", cheap) == Pricing(source="openrouter", slug="a/b")
    flat = "pricing: {source: per_request, amount: 0.04, discount: 0.5}"
    assert price_of(flat, cheap) == Pricing(source="per_request", amount=0.04)
