"""What another rating of one call makes of it."""

import pytest

from plexus.addons.metering.rerate import (
    is_ratable,
    is_reported,
    measured,
    metadata_of,
    pricing_of,
    rerated,
)
from plexus.config.price_catalogue import PriceCatalogue, shipped
from plexus.config.snapshot import Intercept, InterceptHost, Model, Pricing, Rates
from plexus.store.records import UsageRecord
from plexus.transforms.ir import Usage
from plexus.transforms.wire import dump_text, list_at
from tests.addons.factories import provider, snapshot

PRICE = Pricing(source="simple", rates=Rates(input=1.0, output=2.0))
NONE = PriceCatalogue()


def call(**other: object) -> UsageRecord:
    known = {
        "request_id": "r",
        "start_time": 1000,
        "response_status": "success",
        "provider": "acme",
        "selected_model_name": "fast",
        "tokens_input": 1_000_000,
        "tokens_output": 0,
    }
    return UsageRecord(**{**known, **other})  # type: ignore[arg-type]  # of these types


def test_tokens_of_hour_long_caches_are_remembered_from_one_rating_to_the_next() -> None:
    hourly = Pricing(
        source="simple",
        rates=Rates(input=1.0, output=2.0, cache_write=1.25, cache_write_1h=2.0),
    )
    row = call(
        tokens_input=0,
        tokens_cache_write=1_000_000,
        cost_metadata='{"cache_write_1h_tokens":400000}',
    )
    assert measured(row, metadata_of(row)) == Usage(
        input=0, output=0, cache_write=1_000_000, cache_write_1h=400_000
    )
    made = rerated(row, hourly, NONE, 5)
    assert made is not None and made.cost_total == 0.75 + 0.8
    assert metadata_of(made)["cache_write_1h_tokens"] == 400_000


def test_former_ratings_are_kept_but_not_for_ever() -> None:
    many = dump_text({"former": [{"total": float(n)} for n in range(10)]})
    made = rerated(call(cost_total=99.0, cost_metadata=many), PRICE, NONE, 5)
    assert made is not None
    former = list_at(metadata_of(made), "former")
    assert len(former) == 10
    assert former[-1] == {"total": 99.0, "source": None, "until": 5}


def test_a_price_that_cannot_say_takes_nothing_away() -> None:
    unlisted = Pricing(source="openrouter", slug="no/such")
    assert rerated(call(cost_total=1.0), unlisted, NONE, 5) is None
    assert rerated(call(cost_total=1.0, tokens_output=None), PRICE, NONE, 5) is None


@pytest.mark.parametrize("text", [None, "", "[]", "{"])
def test_metadata_that_cannot_be_read_is_none(text: str | None) -> None:
    assert metadata_of(call(cost_metadata=text)) == {}


def test_a_call_is_rated_by_its_provider_or_the_list_price_of_its_host() -> None:
    openai = provider(
        "oai", urls={"chat": "https://api.openai.com/v1"}, models={"own": Model(name="own")}
    )
    own = provider(models={"fast": Model(name="fast", pricing=PRICE)})
    host = InterceptHost(host="api.openai.com", mode="observe", dialect="chat", provider="openai")
    known = snapshot(providers=(openai, own), intercept=Intercept(hosts={"api.openai.com": host}))

    def found(**other: object) -> Pricing | None:
        return pricing_of(call(**other), known, shipped())

    assert found() == PRICE
    listed = found(provider="oai", selected_model_name="gpt-5-2025-08-07")
    assert listed is not None and listed.slug == "openai/gpt-5"
    assert found(provider="openai", selected_model_name="gpt-5", door="observe") == listed
    assert found(provider="oai", selected_model_name="own") is None
    assert found(provider="gone") is None


def test_what_can_be_rated() -> None:
    flat = Pricing(source="per_request", amount=1.0)
    silent = {"tokens_input": None, "tokens_output": None}
    assert is_ratable(call(), PRICE)
    assert is_ratable(call(**silent), flat)
    assert not is_ratable(call(**silent), PRICE)
    assert not is_ratable(call(response_status="error", **silent), flat)
    assert not is_ratable(call(response_status="pending"), PRICE)
    assert not is_ratable(call(tokens_input=0, cost_total=0.0), flat)
    assert is_reported(call(cost_source="provider_reported"))
