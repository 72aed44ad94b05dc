"""What calls used, worked out from their rows: those count that were debited."""

from typing import Any

import pytest

from plexus.store.metered import Scope, metered
from plexus.store.store import Store
from tests.store.calls import START, finished, pending

TOKENS = {"tokens_input": 10, "tokens_output": 5, "tokens_cached": 2, "tokens_cache_write": 1}
NONE = dict.fromkeys((*TOKENS, "tokens_reasoning", "cost_total"))


async def used(store: Store, unit: str, **scope: Any) -> float:
    await store.writer.flush()
    known: dict[str, Any] = {"keys": ["team-a"], "since": START}
    return await metered(store.engine, unit, Scope(**{**known, **scope}))


async def test_requests_tokens_and_money_are_summed_and_reasoning_not_twice(store: Store) -> None:
    for number in range(3):
        store.writer.put(finished(f"r{number}", **TOKENS, tokens_reasoning=4, cost_total=0.1))
    found = [await used(store, unit) for unit in ("requests", "tokens", "cost")]
    assert found == pytest.approx([3.0, 54.0, 0.3])


async def test_nothing_is_zero(store: Store) -> None:
    assert [await used(store, unit) for unit in ("requests", "tokens", "cost")] == [0.0] * 3


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ({"response_status": "empty"}, True),
        ({**NONE}, True),  # a success whose tokens nobody knows
        ({"response_status": "cancelled"}, True),
        ({"response_status": "cancelled", **NONE}, False),
        ({"response_status": "error", **NONE}, False),
        ({"response_status": "quota_exceeded", **NONE}, False),
        ({"response_status": "timeout", **NONE, "tokens_output": 3}, True),
        ({"door": "observe"}, False),
        ({"request_path": "/v1/messages/count_tokens"}, False),
        ({"request_path": "/v1beta/models/m:countTokens"}, False),
        ({"request_path": "/v1/responses/input_tokens"}, False),
        ({"request_path": None}, True),
        ({"api_key": "team-b"}, False),
        ({"start_time": START - 1000}, False),
        ({"start_time": START - 1000, "duration_ms": 2000.0}, True),  # it ended in the window
    ],
)
async def test_which_calls_count(store: Store, change: dict[str, Any], counts: bool) -> None:
    store.writer.put(finished("r1", **{**TOKENS, **change}))
    assert await used(store, "requests") == float(counts)


async def test_a_call_under_way_does_not_count(store: Store) -> None:
    store.writer.put(pending("r1", **TOKENS))
    assert await used(store, "requests") == 0.0


@pytest.mark.parametrize(
    ("scope", "count"),
    [
        ({}, 2.0),
        ({"allowed_models": frozenset({"big"})}, 1.0),
        ({"excluded_models": frozenset({"big"})}, 1.0),
        ({"allowed_providers": frozenset({"acme"})}, 2.0),
        ({"excluded_providers": frozenset({"acme"})}, 0.0),
        ({"allowed_models": frozenset({"big"}), "excluded_models": frozenset({"big"})}, 0.0),
        ({"keys": ["team-a", "team-b"]}, 3.0),
    ],
)
async def test_a_scope_is_about_who_answered(
    store: Store, scope: dict[str, Any], count: float
) -> None:
    for number, (model, key) in enumerate(
        [("big", "team-a"), ("small", "team-a"), ("big", "team-b")]
    ):
        store.writer.put(finished(f"r{number}", final_attempt_model=model, api_key=key))
    assert await used(store, "requests", **scope) == count
