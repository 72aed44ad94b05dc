"""Rate a call of the ledger again: from its measured tokens, with today's prices."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from plexus.addons.metering.pricing import REPORTED, price
from plexus.addons.metering.row import enter_cost
from plexus.config.price_catalogue import PriceCatalogue
from plexus.config.snapshot import Model, Pricing, Snapshot
from plexus.store.records import UsageRecord
from plexus.store.usage_rows import COSTS
from plexus.transforms.errors import GatewayError
from plexus.transforms.ir import Usage
from plexus.transforms.wire import JsonObject, count_at, dump_text, list_at, parse_object

_MOST_FORMER: Final = 10  # ratings that are remembered


def pricing_of(row: UsageRecord, snapshot: Snapshot, prices: PriceCatalogue) -> Pricing | None:
    """Return the price that held for a call when it began, by today's configuration."""
    name = row.selected_model_name or row.incoming_model_alias or ""
    provider = snapshot.providers.get(row.provider or "")
    if provider is not None and row.door != "observe":
        model = provider.models.get(name, Model(name=name))
        return prices.pricing(provider, model, row.start_time)
    observed = (h.host for h in snapshot.intercept.hosts.values() if h.provider == row.provider)
    found = (prices.at_host(host, name) for host in observed)
    return next((pricing for pricing in found if pricing is not None), None)


def rerated(
    row: UsageRecord, pricing: Pricing, prices: PriceCatalogue, now: int
) -> UsageRecord | None:
    """Return the call with its new cost, `None` if the cost stays as it is.

    The former cost is kept in its metadata. `now` is in ms since 1970.
    """
    known = metadata_of(row)
    usage = measured(row, known)
    cost = price(usage, pricing, prices.slugs)
    if cost.total is None:
        return None  # this price cannot say what the call cost: what was known is not taken away
    made = replace(row)
    enter_cost(made, cost, usage.cache_write_1h)
    if all(getattr(made, name) == getattr(row, name) for name in COSTS if name != "cost_metadata"):
        return None
    former: JsonObject = {"total": row.cost_total, "source": row.cost_source, "until": now}
    history = [*list_at(known, "former"), former][-_MOST_FORMER:]
    made.cost_metadata = dump_text({**metadata_of(made), "former": history})
    made.provider_reported_cost = row.provider_reported_cost
    return made


def is_ratable(row: UsageRecord, pricing: Pricing | None) -> bool:
    """Whether the call has something to rate: tokens, or success at a flat price."""
    if row.response_status == "pending" or _is_free_by_nature(row):
        return False
    if pricing is not None and pricing.source == "per_request":
        return row.response_status == "success" or row.tokens_output is not None
    return row.tokens_input is not None or row.tokens_output is not None


def is_reported(row: UsageRecord) -> bool:
    """Whether the cost is what the provider said."""
    return row.cost_source == REPORTED


def measured(row: UsageRecord, metadata: JsonObject) -> Usage:
    """Return the tokens of a call; those of hour-long caches have no column of their own."""
    return Usage(
        input=row.tokens_input,
        output=row.tokens_output,
        cache_read=row.tokens_cached,
        cache_write=row.tokens_cache_write,
        cache_write_1h=count_at(metadata, "cache_write_1h_tokens"),
        reasoning=row.tokens_reasoning,
    )


def metadata_of(row: UsageRecord) -> JsonObject:
    """Return how the cost came about; nothing if that cannot be read."""
    if row.cost_metadata is None:
        return {}
    try:
        return parse_object(row.cost_metadata)
    except GatewayError:
        return {}


def _is_free_by_nature(row: UsageRecord) -> bool:
    # Counting tokens: booked as 0 without a price (row.py).
    return row.cost_total == 0 and row.cost_source is None
