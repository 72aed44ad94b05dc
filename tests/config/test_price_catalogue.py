"""List prices: those that ship, and those that are read."""

import re

import pytest

from plexus.config.price_catalogue import PriceCatalogue, read_catalogue, shipped
from plexus.config.snapshot import Model, PriceStep, Pricing, Provider, Rates
from plexus.transforms.errors import GatewayError
from plexus.transforms.wire import dump, list_at, object_at, parse_object, text_at
from tests.repository import ROOT

OPENAI = Provider(name="mine", urls={"chat": "https://api.openai.com/v1"})


def test_every_shipped_price_has_a_date_and_a_source() -> None:
    whole = parse_object((ROOT / "config/catalogue/prices.json").read_bytes())
    hosts = object_at(whole, "hosts") or {}
    entries = list_at(whole, "prices")
    assert len(entries) == len(shipped().prices) >= 60
    for entry in entries:
        assert isinstance(entry, dict)
        assert text_at(entry, "vendor") in hosts
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", text_at(entry, "as_of") or "")
        assert (text_at(entry, "source") or "").startswith("https://")


def test_a_listed_model_has_its_vendors_price() -> None:
    found = shipped().of_provider(OPENAI, "gpt-4o")
    assert found == Pricing(
        source="catalogue",
        rates=Rates(input=2.5, output=10.0, cached=1.25, cache_write=2.5),
        slug="openai/gpt-4o",
    )


def test_a_long_prompt_has_a_price_of_its_own() -> None:
    found = shipped().at_host("generativelanguage.googleapis.com", "models/gemini-2.5-pro")
    assert found is not None
    assert [(step.lower, step.upper) for step in found.steps] == [(0, 200_000), (200_001, None)]


@pytest.mark.parametrize(
    ("model", "listed"),
    [
        ("gpt-4o-2024-11-20", "openai/gpt-4o"),  # a snapshot costs what the model costs
        ("gpt-4o-2024-05-13", "openai/gpt-4o-2024-05-13"),  # unless it is listed itself
        ("gpt-5-chat-latest", "openai/gpt-5-chat-latest"),
        ("gpt-99", None),
        ("", None),
    ],
)
def test_snapshots_are_the_model_they_are_of(model: str, listed: str | None) -> None:
    found = shipped().of_provider(OPENAI, model)
    assert (None if found is None else found.slug) == listed


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000/v1", "https://openai.example/v1", "embedded://demo"]
)
def test_a_vendors_price_is_not_that_of_others_who_serve_the_model(url: str) -> None:
    elsewhere = Provider(name="openai", urls={"chat": url})
    assert shipped().of_provider(elsewhere, "gpt-4o") is None


def test_a_default_address_tells_the_vendor_too_and_a_discount_counts() -> None:
    provider = Provider(
        name="p", urls={}, default_url="https://api.anthropic.com/v1", discount=0.25
    )
    found = shipped().of_provider(provider, "claude-sonnet-4-5-20250929")
    assert found is not None and (found.slug, found.discount) == (
        "anthropic/claude-sonnet-4-5", 0.25,
    )  # fmt: skip


def test_a_configured_price_beats_the_list() -> None:
    own = Pricing(source="per_request", amount=1.0)
    catalogue = shipped()
    assert catalogue.pricing(OPENAI, Model(name="gpt-4o", pricing=own), 0) == own
    listed = catalogue.pricing(OPENAI, Model(name="gpt-4o"), 0)
    assert listed is not None and listed.source == "catalogue"


def test_our_own_form_is_read_and_what_makes_no_sense_in_it_is_left_out() -> None:
    found = read_catalogue(
        dump(
            {
                "hosts": {"lab": ["llm.lab", 3], "x": "y"},
                "prices": [
                    {"vendor": "lab", "model": "a", "input": 1, "output": 2, "cache_write_1h": 3},
                    {
                        "vendor": "lab",
                        "model": "b",
                        "steps": [{"to": 10, "input": 1, "output": 1}, {"from": 11}, 7],
                    },
                    {"vendor": "lab", "model": "c", "input": -1, "output": 2},
                    {"vendor": "lab", "model": "d", "input": 1},
                    "e",
                ],
            }
        )
    )
    a = Rates(input=1.0, output=2.0, cached=1.0, cache_write=1.0, cache_write_1h=3.0)
    b = Rates(input=1.0, output=1.0, cached=1.0, cache_write=1.0)
    assert found == PriceCatalogue(
        hosts={"llm.lab": "lab"},
        prices={
            "lab/a": Pricing(source="catalogue", slug="lab/a", rates=a),
            "lab/b": Pricing(
                source="catalogue", slug="lab/b", steps=(PriceStep(lower=0, upper=10, rates=b),)
            ),
        },
    )


def test_openrouters_list_is_read_by_slug() -> None:
    found = read_catalogue(
        dump(
            {
                "data": [
                    {
                        "id": "acme/large",
                        "pricing": {
                            "prompt": "0.000003",
                            "completion": "0.000015",
                            "input_cache_read": "0.0000003",
                            "input_cache_write": "0.00000375",
                            "request": "0",
                        },
                    },
                    {"id": "acme/free", "pricing": {"prompt": "0", "completion": "0"}},
                    {"id": "openrouter/auto", "pricing": {"prompt": "-1", "completion": "-1"}},
                    {"id": "broken", "pricing": {"prompt": "x"}},
                    {"pricing": None},
                    5,
                ]
            }
        )
    )
    assert found.slugs == {
        "acme/large": Rates(input=3.0, output=15.0, cached=0.3, cache_write=3.75),
        "acme/free": Rates(input=0.0, output=0.0),
    }
    listed = found.at_host("openrouter.ai", "acme/large")
    assert listed is not None and listed.rates == found.slugs["acme/large"]


@pytest.mark.parametrize("text", [b"{}", b'{"prices": []}', b'{"data": [{}]}', b"[]", b"<html>"])
def test_what_is_no_catalogue_is_an_error(text: bytes) -> None:
    with pytest.raises(GatewayError):
        read_catalogue(text)


def test_a_later_catalogue_holds_where_both_have_a_price() -> None:
    later = PriceCatalogue(prices={"openai/gpt-4o": Pricing(source="catalogue", slug="new")})
    both = shipped().renewed_by(later)
    assert both.prices["openai/gpt-4o"].slug == "new"
    assert both.hosts == shipped().hosts and "openai/o3" in both.prices
