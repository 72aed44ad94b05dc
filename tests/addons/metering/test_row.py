"""From a call to its row."""

from dataclasses import replace

import pytest

from plexus.addons.exchange import Attempt
from plexus.addons.metering.row import pending_row, row_of
from plexus.config.price_catalogue import shipped
from plexus.config.snapshot import InterceptHost, Model, Pricing, Rates
from plexus.transforms.codec import Match, Note, Operation
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import Stop, Usage
from plexus.transforms.wire import parse, parse_object
from tests.addons.factories import DIALECTS, exchange, plan, principal, provider, target
from tests.fakes.native import chat

PRICED = Model(
    name="fast", pricing=Pricing(source="simple", rates=Rates(input=1.0, output=2.0, cached=0.5))
)


def ended(**other: object):
    call = exchange(
        principal=principal(name="app", label="team"),
        model="m",
        body={"model": "m", "messages": [{}, {}], "tools": [{}]},
        **other,
    )
    call.timeline.mark("done")
    return call


def test_a_pending_row_says_who_asked_for_what() -> None:
    row = pending_row(ended())
    assert (row.response_status, row.api_key, row.attribution) == ("pending", "app", "team")
    assert (row.incoming_model_alias, row.message_count, row.tools_defined) == ("m", 2, 1)


def test_a_call_that_went_well_has_tokens_and_money() -> None:
    where = target(provider=provider(), model=PRICED)
    call = ended(
        usage=Usage(input=1000, output=500, cache_read=200, reasoning=100),
        stop=Stop.END,
        plan=plan(where),
        attempts=[Attempt(target=where, dialect=DIALECTS["chat"], passthrough=True)],
        receipt=(Note(path="sampling.seed", action="dropped"),),
    )
    row = row_of(call, 200, None)
    assert (row.response_status, row.http_status, row.finish_reason) == ("success", 200, "end")
    assert (row.tokens_input, row.tokens_output, row.tokens_cached) == (1000, 500, 200)
    assert row.tokens_reasoning == 100 and row.tokens_cache_write is None
    assert row.cost_total == pytest.approx(0.001 + 0.001 + 0.0001)
    assert (row.provider, row.selected_model_name, row.outgoing_api_type) == (
        "acme",
        "fast",
        "chat",
    )
    assert row.is_passthrough and row.attempt_count == 1 and row.retry_history is None
    assert row.routing is not None
    routing = parse(row.routing)
    assert isinstance(routing, dict) and routing["dropped"] == ["dropped sampling.seed"]
    assert row.ttft_ms == row.duration_ms


def test_calls_that_share_a_plan_tell_each_its_own_losses() -> None:
    shared = plan(target("a/x"), skipped=("b/y: full",))
    lossy = ended(plan=shared, receipt=(Note(path="sampling.seed", action="dropped"),))
    told = [parse(row_of(call, 200, None).routing or "") for call in (ended(plan=shared), lossy)]
    told.append(parse(row_of(ended(plan=shared), 200, None).routing or ""))
    whole = {
        "requested": "m",
        "canonical": "m",
        "planned": [{"target": "a/x", "reason": "test"}],
        "skipped": ["b/y: full"],
        "dropped": [],
    }
    assert told == [whole, {**whole, "dropped": ["dropped sampling.seed"]}, whole]


def test_a_plan_that_was_changed_is_told_as_it_is_now() -> None:
    first = plan(target("a/x"), target("b/y"))
    row_of(ended(plan=first), 200, None)
    narrowed = replace(first, targets=first.targets[1:])
    assert (
        row_of(ended(plan=narrowed), 200, None).routing
        == pending_row(ended(plan=plan(target("b/y")))).routing
    )


def test_a_call_that_only_passed_targets_over_has_a_history() -> None:
    row = row_of(ended(attempts=[Attempt(target=target("a/x"), skipped="full")]), 503, None)
    assert (row.attempt_count, row.all_attempted_providers, row.provider) == (0, "[]", None)
    assert row.retry_history is not None and "full" in row.retry_history


def test_a_model_without_a_price_costs_unknown_not_nothing() -> None:
    where = target()
    call = ended(usage=Usage(input=1, output=1), attempts=[Attempt(target=where)], stop=Stop.END)
    assert row_of(call, 200, None).cost_total is None


def test_a_failed_call_lists_what_was_tried() -> None:
    first = Attempt(target=target("a/x"), error=GatewayError(Kind.OVERLOADED, "busy"), status=503)
    second = Attempt(target=target("b/y"), error=GatewayError(Kind.UPSTREAM_DOWN, "gone"))
    call = ended(attempts=[first, second], error=second.error, plan=plan(target("a/x")))
    row = row_of(call, 502, None)
    assert (row.response_status, row.error_message, row.attempt_count) == ("error", "gone", 2)
    assert row.all_attempted_providers == '["a/x","b/y"]'
    assert row.retry_history is not None and "busy" in row.retry_history


@pytest.mark.parametrize(
    ("kind", "status"), [(Kind.UPSTREAM_TIMEOUT, "timeout"), (Kind.BAD_REQUEST, "error")]
)
def test_the_status_tells_the_kind_of_failure(kind: Kind, status: str) -> None:
    assert row_of(ended(error=GatewayError(kind, "x")), 504, None).response_status == status


def test_a_stream_that_was_too_slow_is_a_stall_not_a_timeout() -> None:
    stalled = GatewayError(Kind.UPSTREAM_TIMEOUT, "stalled: 3 bytes/s", code="stalled")
    assert row_of(ended(error=stalled), 200, None).response_status == "stall"


def test_a_failure_that_only_the_door_knows_is_an_error_too() -> None:
    row = row_of(ended(), None, "server hung up")
    assert (row.response_status, row.error_message) == ("error", "server hung up")


def test_a_cancelled_stream_is_charged_for_what_was_seen() -> None:
    where = target(provider=provider(), model=PRICED)
    call = ended(
        stream=True, cancelled=True, attempts=[Attempt(target=where, dialect=DIALECTS["chat"])]
    )
    for frame in chat.stream(["word "] * 8, tokens=None)[:-2]:
        call.seen.add(frame)
    row = row_of(call, 200, "Client disconnected.")
    assert (row.response_status, row.tokens_output, row.tokens_estimated) == ("cancelled", 8, True)
    assert row.cost_output == pytest.approx(16e-6)
    assert row.error_message is None


def test_a_stream_that_failed_before_it_said_anything_has_no_usage() -> None:
    row = row_of(ended(stream=True, error=GatewayError(Kind.UPSTREAM_DOWN, "x")), 502, None)
    assert (row.tokens_output, row.tokens_estimated) == (None, False)


def test_an_observed_call_is_its_hosts() -> None:
    host = InterceptHost(host="api.openai.com", mode="observe", dialect="openai", provider="openai")
    row = row_of(ended(door="observe", host=host, usage=Usage(input=1, output=2)), 200, None)
    assert (row.provider, row.selected_model_name, row.attempt_count) == ("openai", "m", 1)
    assert row.is_passthrough


def test_speed_is_counted_over_the_time_in_which_tokens_came() -> None:
    call = ended(stream=True, usage=Usage(output=100), stop=Stop.END)
    row = row_of(call, 200, None)
    assert row.tokens_per_sec is not None and row.duration_ms is not None
    assert row.tokens_per_sec == pytest.approx(100 / (row.duration_ms / 1000))


def test_a_count_is_booked_as_free_and_not_as_a_call_of_unknown_cost() -> None:
    flat = Model(name="flat", pricing=Pricing(source="per_request", amount=0.5))
    where = target(model=flat)
    call = ended(match=Match(Operation.COUNT_TOKENS), attempts=[Attempt(target=where)])
    row = row_of(call, 200, None)
    assert (row.response_status, row.provider) == ("success", "acme")
    assert (row.tokens_input, row.tokens_output, row.cost_total) == (0, 0, 0.0)
    assert row.tokens_per_sec is None and not row.tokens_estimated


def test_a_model_without_a_price_of_its_own_costs_its_list_price() -> None:
    where = target(
        provider=provider("oai", urls={"chat": "https://api.openai.com/v1"}),
        model=Model(name="gpt-4o-mini-2024-07-18"),
    )
    call = ended(
        usage=Usage(input=1_000_000, output=0), attempts=[Attempt(target=where)], stop=Stop.END
    )
    row = row_of(call, 200, None, shipped())
    assert (row.cost_total, row.cost_source) == (0.15, "catalogue")
    assert parse_object(row.cost_metadata or "")["listed"] == "openai/gpt-4o-mini"


def test_an_observed_call_costs_the_list_price_of_its_host() -> None:
    host = InterceptHost(host="api.openai.com", mode="observe", dialect="openai", provider="openai")
    call = ended(door="observe", host=host, usage=Usage(input=0, output=1_000_000))
    call.model = "gpt-4o"
    row = row_of(call, 200, None, shipped())
    assert (row.cost_total, row.cost_source) == (10.0, "catalogue")


def test_a_call_costs_what_was_valid_when_it_began() -> None:
    later = Pricing(source="per_request", amount=2.0, since=2_000)
    first = Pricing(source="per_request", amount=1.0)
    model = Model(name="m", pricing=first, repriced=(later,))
    call = ended(usage=Usage(), attempts=[Attempt(target=target(model=model))])
    call.timeline.started_ms = 1_999
    assert row_of(call, 200, None).cost_total == 1.0
    call.timeline.started_ms = 2_000
    assert row_of(call, 200, None).cost_total == 2.0


def test_a_flat_price_is_for_success_even_without_usage() -> None:
    flat = Model(name="voice", pricing=Pricing(source="per_request", amount=0.5))
    where = target(model=flat)
    call = ended(match=Match(Operation.SPEECH), attempts=[Attempt(target=where)])
    assert row_of(call, 200, None).cost_total == 0.5
    failed = ended(attempts=[Attempt(target=where)], error=GatewayError(Kind.UPSTREAM_DOWN, "x"))
    assert row_of(failed, 502, None).cost_total is None


def test_tokens_of_hour_long_caches_are_kept_for_another_rating() -> None:
    call = ended(
        usage=Usage(input=1, output=1, cache_write=5, cache_write_1h=3),
        attempts=[Attempt(target=target())],
    )
    row = row_of(call, 200, None)
    assert row.cost_total is None
    assert parse_object(row.cost_metadata or "") == {"cache_write_1h_tokens": 3}
