"""What a request says of state, and what it cannot mean."""

from __future__ import annotations

import pytest

from plexus.addons.stateful.asked import Asked, input_items, read_asked, says_state, wants_store
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import Json, JsonObject


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        ({}, Asked()),
        ({"previous_response_id": "resp_1"}, Asked(previous="resp_1")),
        ({"previous_response_id": None, "conversation": ""}, Asked()),
        ({"previous_response_id": "", "conversation": "conv_1"}, Asked(conversation="conv_1")),
        ({"conversation": {"id": "conv_1"}}, Asked(conversation="conv_1")),
        ({"background": False}, Asked()),
        ({"background": None}, Asked()),
    ],
)
def test_a_call_goes_on_from_one_thing_or_none(body: JsonObject, asked: Asked) -> None:
    assert read_asked(body) == asked


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"background": True}, "background"),
        ({"previous_response_id": "resp_1", "conversation": "conv_1"}, "previous_response_id"),
        ({"previous_response_id": ["resp_1"]}, "previous_response_id"),
        ({"conversation": 1}, "conversation"),
        ({"conversation": {}}, "conversation.id"),
        ({"conversation": {"id": 1}}, "conversation.id"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_name(body: JsonObject, where: str) -> None:
    with pytest.raises(GatewayError, match=where.partition(".")[0]) as refused:
        read_asked(body)
    assert (refused.value.kind, refused.value.where) == (Kind.BAD_REQUEST, where)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"input": "Hi", "store": True}, False),
        ({"previous_response_id": None}, True),
        ({"conversation": "c"}, True),
        ({"background": True}, True),
    ],
)
def test_most_calls_say_nothing_of_state(body: JsonObject, says: bool) -> None:
    assert says_state(body) is says


@pytest.mark.parametrize(("store", "wants"), [(True, True), (None, True), (False, False)])
def test_an_answer_is_stored_unless_the_client_says_no(store: Json, wants: bool) -> None:
    assert wants_store({"store": store}) is wants
    assert wants_store({})


@pytest.mark.parametrize(
    ("given", "items"),
    [
        (None, []),
        ("Hi", [{"type": "message", "role": "user", "content": "Hi"}]),
        ([{"role": "user", "content": "Hi"}], [{"role": "user", "content": "Hi"}]),
    ],
)
def test_input_is_items(given: Json, items: list[Json]) -> None:
    assert input_items({"input": given}) == items


def test_an_input_of_another_kind_is_refused() -> None:
    with pytest.raises(GatewayError, match="an array of items, not a number"):
        input_items({"input": 7})
