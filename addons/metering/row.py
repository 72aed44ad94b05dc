"""Turn what is known of a call into its row in the ledger (dataplane.md §8.1, §8.2)."""

from __future__ import annotations

from collections.abc import Mapping

from plexus.addons.exchange import Attempt, Exchange, Plan
from plexus.addons.metering.booked import booked_usage
from plexus.addons.metering.pricing import Cost, price
from plexus.addons.upstream.policy import STALLED
from plexus.config.price_catalogue import PriceCatalogue
from plexus.config.snapshot import Pricing
from plexus.store.records import UsageRecord
from plexus.transforms.codec import Note, Operation
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import Usage
from plexus.transforms.lazy_object import length_at
from plexus.transforms.wire import Json, JsonObject, dump_text

_NO_PRICES = PriceCatalogue()
_STATUS_OF_KIND = {
    Kind.UPSTREAM_TIMEOUT: "timeout",
    Kind.QUOTA: "quota_exceeded",
}


def pending_row(exchange: Exchange) -> UsageRecord:
    """Return the row of a call under way."""
    return _identity(exchange)


def row_of(
    exchange: Exchange,
    http_status: int | None,
    failure: str | None,
    prices: PriceCatalogue = _NO_PRICES,
) -> UsageRecord:
    """Return the row of an ended call. `failure` is what the door says went wrong.

    `prices` is for models that have none of their own.
    """
    row, timeline = _identity(exchange), exchange.timeline
    error = exchange.error
    row.response_status = _status(exchange, http_status, failure)
    row.http_status = http_status
    row.error_message = _message(exchange, error, failure)
    row.duration_ms = timeline.ms("done")
    row.ttft_ms = timeline.ms("first_byte") if exchange.stream else row.duration_ms
    row.finish_reason = exchange.stop.value if exchange.stop else None
    row.timeline = dump_text(timeline.as_json())
    last = _attempts(row, exchange)
    if exchange.match.operation is Operation.COUNT_TOKENS:
        # Nothing was generated, and to count is free wherever it is offered.
        row.tokens_input = row.tokens_output = 0
        row.cost_total = 0.0
        return row
    usage, row.tokens_estimated = booked_usage(exchange, row.response_status)
    if usage is not None:
        _tokens(row, usage)
        _speed(row)
    pricing = _pricing(exchange, last, prices)
    flat = pricing is not None and pricing.source == "per_request"
    if usage is not None or (flat and row.response_status == "success"):
        usage = usage if usage is not None else Usage()
        enter_cost(row, price(usage, pricing, prices.slugs), usage.cache_write_1h)
    return row


def enter_cost(row: UsageRecord, cost: Cost, cache_write_1h: int | None) -> None:
    """Write a cost into a row, with what another rating needs and the row has no column for."""
    metadata = cost.metadata
    if cache_write_1h:
        metadata = {**metadata, "cache_write_1h_tokens": cache_write_1h}
    row.cost_input = cost.input
    row.cost_output = cost.output
    row.cost_cached = cost.cached
    row.cost_cache_write = cost.cache_write
    row.cost_total = cost.total
    row.cost_source = cost.source
    row.cost_metadata = dump_text(metadata) if metadata else None
    row.provider_reported_cost = cost.provider_reported


def _identity(exchange: Exchange) -> UsageRecord:
    principal = exchange.principal
    body = exchange.body if exchange.body is not None else {}
    plan = exchange.plan
    return UsageRecord(
        request_id=exchange.id,
        start_time=exchange.timeline.started_ms,
        client_request_id=exchange.client_request_id,
        source_ip=exchange.source_ip,
        api_key=principal.name if principal else None,
        attribution=principal.label if principal else None,
        door=exchange.door,
        request_method=exchange.head.method,
        request_path=exchange.head.path,
        incoming_api_type=exchange.dialect.name,
        incoming_model_alias=exchange.model,
        canonical_model_name=plan.canonical if plan else None,
        is_streamed=exchange.stream,
        tools_defined=length_at(body, "tools") or 0,
        message_count=_count_messages(body),
        routing=_routing(plan, exchange.receipt) if plan else None,
    )


def _count_messages(body: Mapping[str, Json]) -> int | None:
    for key in ("messages", "contents", "input"):
        count = length_at(body, key)
        if count is not None:
            return count
    return None


def _routing(plan: Plan, receipt: tuple[Note, ...]) -> str:
    if receipt:
        return dump_text(_planned(plan, receipt))
    text = plan.texts.get("routing")
    if text is None:
        text = plan.texts["routing"] = dump_text(_planned(plan, ()))
    return text


def _planned(plan: Plan, receipt: tuple[Note, ...]) -> JsonObject:
    planned: list[Json] = [{"target": t.name, "reason": t.reason} for t in plan.targets]
    return {
        "requested": plan.requested,
        "canonical": plan.canonical,
        "planned": planned,
        "skipped": list(plan.skipped),
        "dropped": [str(note) for note in receipt],
    }


def _status(exchange: Exchange, http_status: int | None, failure: str | None) -> str:
    if exchange.cancelled:
        return "cancelled"
    if exchange.error is not None:
        if exchange.error.code == STALLED:
            return "stall"
        return _STATUS_OF_KIND.get(exchange.error.kind, "error")
    if failure is not None or http_status is None or http_status >= 400:
        return "error"
    return "success"


def _message(exchange: Exchange, error: GatewayError | None, failure: str | None) -> str | None:
    if exchange.cancelled:
        return None
    message = error.message if error else failure
    return None if message is None else message[:500]


def _attempts(row: UsageRecord, exchange: Exchange) -> Attempt | None:
    if exchange.door == "observe" and exchange.host is not None:
        row.provider = row.final_attempt_provider = exchange.host.provider
        row.selected_model_name = row.final_attempt_model = exchange.model
        row.outgoing_api_type = exchange.dialect.name
        row.is_passthrough, row.attempt_count = True, 1
        return None
    attempts, tried = exchange.attempts, exchange.tried
    row.attempt_count = len(tried)
    last = tried[-1] if tried else None  # whose target is paid
    if len(attempts) > 1 or (attempts and (last is None or last.error)):
        names: list[Json] = [attempt.target.name for attempt in tried]
        row.all_attempted_providers = dump_text(names)
        row.retry_history = dump_text(
            [{"index": n, **attempt.as_json()} for n, attempt in enumerate(attempts, 1)]
        )
    if last is None:
        return None
    target = last.target
    row.provider = row.final_attempt_provider = target.provider.name
    row.selected_model_name = row.final_attempt_model = target.model.name
    row.outgoing_api_type = last.dialect.name if last.dialect else None
    row.is_passthrough = last.passthrough
    return last


def _tokens(row: UsageRecord, usage: Usage) -> None:
    row.tokens_input = usage.input
    row.tokens_output = usage.output
    row.tokens_reasoning = usage.reasoning
    row.tokens_cached = usage.cache_read
    row.tokens_cache_write = usage.cache_write


def _speed(row: UsageRecord) -> None:
    if row.tokens_output is None or row.duration_ms is None:
        return
    # Streamed: the time in which tokens came; otherwise all of it (dataplane.md §8.2).
    waited = row.ttft_ms if row.is_streamed and row.ttft_ms is not None else 0.0
    spent_s = (row.duration_ms - waited) / 1000
    row.tokens_per_sec = row.tokens_output / spent_s if spent_s > 0 else None


def _pricing(exchange: Exchange, last: Attempt | None, prices: PriceCatalogue) -> Pricing | None:
    if last is not None:
        asked = last.target
        return prices.pricing(asked.provider, asked.model, exchange.timeline.started_ms)
    if exchange.door == "observe" and exchange.host is not None:
        return prices.at_host(exchange.host.host, exchange.model or "")
    return None
