"""What an ended call counts for."""

from typing import Any

import pytest

from plexus.addons.exchange import Attempt, Buffered, Exchange, Target
from plexus.addons.metering.quota_debit import Used, used
from plexus.store.records import UsageRecord
from plexus.transforms.ir import Usage
from plexus.transforms.wire import dump
from tests.addons.factories import exchange, target
from tests.fakes.native import chat


def row(status: str = "success", **other: Any) -> UsageRecord:
    return UsageRecord(request_id="r", start_time=0, response_status=status, **other)


def dollar_per_million(_: Target, usage: Usage) -> float | None:
    return ((usage.input or 0) + (usage.output or 0)) / 1e6


def unknown(_: Target, usage: Usage) -> float | None:
    return None


def answered(**other: Any) -> Exchange:
    return exchange(attempts=[Attempt(target=target())], **other)


TOKENS = {
    "tokens_input": 10, "tokens_output": 5, "tokens_reasoning": 3, "tokens_cached": 4,
    "tokens_cache_write": 2,
}  # fmt: skip


@pytest.mark.parametrize("status", ["success", "empty", "cancelled", "stall", "timeout", "error"])
def test_what_was_used_counts_however_the_call_ended_and_reasoning_once(status: str) -> None:
    found = used(answered(), row(status, **TOKENS, cost_total=0.25), unknown)
    assert found == Used(tokens=21.0, cost=0.25)
    assert (found.of("requests"), found.of("tokens"), found.of("cost")) == (1.0, 21.0, 0.25)


@pytest.mark.parametrize("status", ["error", "cancelled", "timeout", "stall", "quota_exceeded"])
def test_a_call_that_nobody_answered_counts_nothing(status: str) -> None:
    assert used(answered(), row(status), dollar_per_million) is None


def test_an_unknown_or_absurd_cost_counts_nothing_but_the_call_does() -> None:
    for cost in (None, float("nan"), float("inf")):
        found = used(answered(), row(**TOKENS, cost_total=cost), unknown)
        assert found == Used(tokens=21.0, cost=0.0)


def test_a_call_with_a_flat_price_costs_that_though_its_tokens_are_unknown() -> None:
    assert used(answered(), row(cost_total=0.5), unknown) == Used(tokens=0.0, cost=0.5)


def test_an_answer_whose_provider_reports_nothing_is_estimated() -> None:
    body = dump(chat.text("word " * 40))
    call = answered(
        body={"messages": [{"role": "user", "content": "x" * 400}]},
        reply=Buffered(status=200, body=body),
    )
    found = used(call, row(), dollar_per_million)
    assert found is not None
    assert 140 <= found.tokens <= 170
    assert found.cost == found.tokens / 1e6


def test_a_stream_whose_provider_reports_nothing_is_estimated_from_what_went_by() -> None:
    call = answered(body={})
    for frame in chat.stream(["word " * 40], tokens=None):
        call.seen.add(frame)
    found = used(call, row(), unknown)
    assert found is not None
    assert 30 <= found.tokens <= 60


def test_an_answer_that_cannot_be_read_counts_for_its_prompt() -> None:
    call = answered(
        body={"messages": [{"role": "user", "content": "x" * 400}]},
        reply=Buffered(status=200, body=b"<html>"),
    )
    found = used(call, row(), unknown)
    assert found is not None
    assert 100 <= found.tokens <= 120
