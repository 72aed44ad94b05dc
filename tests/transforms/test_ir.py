"""The vocabulary is immutable, compares by value and merges usage without inventing numbers."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given

from plexus.transforms import ir
from plexus.transforms.ir import (
    ChatRequest,
    ChatResponse,
    Choice,
    Message,
    Sampling,
    Stop,
    Text,
    Usage,
)
from tests.strategies import requests, responses, usages


def test_a_request_needs_a_model_and_turns_and_says_nothing_else() -> None:
    hello = Message(role="user", parts=(Text(text="Hi"),))
    request = ChatRequest(model="m", messages=(hello,))
    unsaid = {
        field.name: getattr(request, field.name)
        for field in dataclasses.fields(request)
        if field.name not in ("model", "messages")
    }
    assert unsaid == {
        "system": (), "tools": (), "tool_choice": None, "parallel_tools": None, "stream": False,
        "include_usage": True, "max_output": None, "sampling": Sampling(), "reasoning": None,
        "output": None, "verbosity": None, "cache": None, "cache_key": None, "tier": None,
        "user": None, "metadata": None, "ext": {},
    }  # fmt: skip


def test_a_response_is_known_by_its_first_choice() -> None:
    first = Choice(parts=(Text(text="A"),), stop=Stop.LENGTH)
    response = ChatResponse(id="r", model="m", choices=(first, Choice()))
    assert (response.parts, response.stop) == (first.parts, Stop.LENGTH)


def test_a_response_without_a_choice_has_no_parts_and_no_known_stop() -> None:
    response = ChatResponse(id="r", model="m", choices=())
    assert (response.parts, response.stop) == ((), Stop.OTHER)


VOCABULARY = [kind for kind in vars(ir).values() if dataclasses.is_dataclass(kind)]


@pytest.mark.parametrize("kind", VOCABULARY, ids=lambda kind: kind.__name__)
def test_everything_is_frozen_slotted_and_named(kind: type) -> None:
    parameters = kind.__dataclass_params__  # type: ignore[attr-defined]  # a dataclass, see above
    assert parameters.frozen
    assert hasattr(kind, "__slots__")
    assert all(field.kw_only for field in dataclasses.fields(kind))


@given(requests, responses)
def test_values_compare_by_content(request: ChatRequest, response: ChatResponse) -> None:
    assert dataclasses.replace(request) == request
    assert dataclasses.replace(response) == response
    assert dataclasses.replace(request, model=request.model + "x") != request


def test_merging_usage_keeps_unknown_apart_from_zero() -> None:
    early = Usage(input=10, output=1, cache_read=None, ext={"chat": {"a": 1}})
    late = Usage(input=None, output=0, cache_read=0, cost=0.5, ext={"gemini": {"b": 2}})
    assert early.merged(late) == Usage(
        input=10, output=1, cache_read=0, cost=0.5, ext={"chat": {"a": 1}, "gemini": {"b": 2}}
    )


def test_a_later_cost_replaces_an_earlier_one_even_by_less() -> None:
    assert Usage(cost=2.0).merged(Usage(cost=1.0)).cost == 1.0
    assert Usage(cost=2.0).merged(Usage()).cost == 2.0


@given(usages, usages)
def test_merged_counts_never_shrink(early: Usage, late: Usage) -> None:
    merged = early.merged(late)
    for name in ("input", "output", "cache_read", "cache_write", "cache_write_1h", "reasoning"):
        known = [n for n in (getattr(early, name), getattr(late, name)) if n is not None]
        assert getattr(merged, name) == max(known, default=None)


def test_a_provisional_report_holds_only_until_the_next_one() -> None:
    guess = Usage(input=90, output=3, cache_read=1, provisional=True)
    assert guess.merged(Usage(input=80, output=7)) == Usage(input=80, output=7, cache_read=1)


@given(usages)
def test_the_same_report_twice_changes_nothing(usage: Usage) -> None:
    assert usage.merged(usage) == usage
    assert Usage().merged(usage) == usage
    assert usage.merged(Usage()) == usage


def test_merging_usage_keeps_what_either_report_said_beside_the_counts() -> None:
    early = Usage(input=1, ext={"messages": {"service_tier": "standard"}})
    late = Usage(output=2, ext={"messages": {"speed": "fast"}, "chat": {"x": 1}})
    assert early.merged(late).ext == {
        "messages": {"service_tier": "standard", "speed": "fast"},
        "chat": {"x": 1},
    }


def test_nothing_merged_with_a_report_is_that_report() -> None:
    guess = Usage(input=3, provisional=True)
    assert Usage().merged(guess) == guess
