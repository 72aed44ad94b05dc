"""History goes before the input; the client's own words are kept aside."""

from __future__ import annotations

import json

import pytest

from plexus.addons.exchange import Exchange
from plexus.addons.identify import MAX_BODY
from plexus.addons.stateful.asked import Asked
from plexus.addons.stateful.history import History
from plexus.addons.stateful.merge import forget_empty, go_on, replayable
from plexus.transforms.codec import Match, Operation
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import Json, JsonObject, dump
from tests.addons.factories import DIALECTS, exchange

ASKED = Asked(previous="resp_1")
HISTORY = History(items=[{"role": "user", "content": "Hi"}], ancestors=frozenset({"resp_1"}))


def call(body: JsonObject, operation: Operation = Operation.CHAT) -> Exchange:
    return exchange(
        dialect=DIALECTS["responses"], match=Match(operation), body=body, raw=dump(body)
    )


def test_the_body_becomes_what_the_client_might_have_sent() -> None:
    body: JsonObject = {"model": "m", "input": "And?", "previous_response_id": "resp_1"}
    made = call(body)
    go_on(made, ASKED, HISTORY)
    assert made.body == {
        "model": "m",
        "input": [
            {"role": "user", "content": "Hi"},
            {"type": "message", "role": "user", "content": "And?"},
        ],
        "store": False,
    }
    assert json.loads(made.raw) == made.body
    assert made.continued is not None
    assert (made.continued.body, json.loads(made.continued.raw)) == (body, body)
    assert made.continued.ancestors == {"resp_1"}


def test_a_call_that_counts_says_nothing_of_storing() -> None:
    made = call({"model": "m", "conversation": "conv_1"}, Operation.COUNT_TOKENS)
    go_on(made, Asked(conversation="conv_1"), HISTORY)
    assert made.body == {"model": "m", "input": HISTORY.items}


def test_more_than_a_request_may_hold_is_refused() -> None:
    made = call({"input": "x" * (MAX_BODY - 40)})
    with pytest.raises(GatewayError) as refused:
        go_on(made, ASKED, HISTORY)
    assert refused.value.kind is Kind.TOO_LARGE


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ({"previous_response_id": "", "input": "Hi"}, {"input": "Hi"}),
        ({"conversation": "", "previous_response_id": None}, {}),
        ({"previous_response_id": None}, {"previous_response_id": None}),
        ({"input": "Hi"}, {"input": "Hi"}),
    ],
)
def test_empty_references_are_taken_out_and_null_is_not(body: JsonObject, left: JsonObject) -> None:
    made = call(body)
    raw = made.raw
    forget_empty(made)
    assert made.body == left
    assert (made.raw == raw) is (left == body)
    assert json.loads(made.raw) == left


def test_ids_that_a_provider_gave_are_kept() -> None:
    items: list[Json] = [
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"},
        {"type": "function_call", "id": "fc_1"},
        "odd",
    ]
    assert replayable(items) == items


def test_ids_of_our_own_making_are_not_sent() -> None:
    assert replayable([{"type": "message", "id": "msg_gw0123_0", "role": "user"}]) == [
        {"type": "message", "role": "user"}
    ]


def test_beside_reasoning_that_cannot_be_sent_back_no_id_is() -> None:
    loose: JsonObject = {"type": "reasoning", "id": "rs_1", "summary": []}
    reference: JsonObject = {"type": "item_reference", "id": "msg_2"}
    assert replayable([loose, {"type": "function_call", "id": "fc_1"}, reference]) == [
        loose,
        {"type": "function_call"},
        reference,
    ]
