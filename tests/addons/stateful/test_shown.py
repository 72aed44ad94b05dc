"""Stored things are shown as OpenAI's API shows them."""

from __future__ import annotations

import json

import pytest

from plexus.addons.stateful.shown import (
    conversation_object,
    deleted,
    identified,
    items_of,
    response_object,
    served_by,
)
from plexus.transforms.wire import Json
from tests.store.remembering import conversation, response

# dataplane.md §6.3
FIELDS = {
    "id", "object", "created_at", "completed_at", "status", "model", "output", "instructions",
    "temperature", "top_p", "max_output_tokens", "top_logprobs", "parallel_tool_calls",
    "tool_choice", "tools", "text", "reasoning", "usage", "previous_response_id", "conversation",
    "store", "background", "truncation", "incomplete_details", "error", "safety_identifier",
    "service_tier", "prompt_cache_key", "metadata",
}  # fmt: skip


def test_a_response_has_every_field_even_if_its_server_left_them_out() -> None:
    body = {"status": "completed", "created_at": 1, "model": "m", "usage": None, "temperature": 0.5}
    shown = response_object(
        response("resp_2", after="resp_1", body=json.dumps(body), output='[{"type":"message"}]')
    )
    assert shown.keys() >= FIELDS
    assert shown["temperature"] == 0.5 and shown["truncation"] == "disabled"
    assert (shown["id"], shown["previous_response_id"]) == ("resp_2", "resp_1")
    assert (shown["conversation"], shown["store"], shown["completed_at"]) == (None, True, 2)
    assert shown["output"] == [{"type": "message"}]


def test_a_response_names_its_conversation() -> None:
    shown = response_object(response("resp_1", "a/b", conversation_key="a/b/conv_1"))
    assert shown["conversation"] == {"id": "conv_1"}


def test_who_answered_is_told_in_the_words_of_the_management_api() -> None:
    record = response("r", provider="acme", target_model="big", api_type="chat")
    assert served_by(record) == {
        "provider": "acme", "model": "big", "apiType": "chat", "canonicalModel": None,
    }  # fmt: skip


def test_a_conversation_shows_seconds_and_its_metadata() -> None:
    record = conversation("conv_1", created_at=1_700_000_000_123, metadata='{"a":"b"}')
    assert conversation_object(record) == {
        "id": "conv_1", "object": "conversation", "created_at": 1_700_000_000,
        "metadata": {"a": "b"},
    }  # fmt: skip


def test_what_was_deleted_says_so() -> None:
    assert deleted("x", "response") == {"id": "x", "object": "response", "deleted": True}


@pytest.mark.parametrize(("text", "items"), [("[1]", [1]), ("{}", []), ("broken", [])])
def test_items_are_a_list_whatever_is_stored(text: str, items: list[Json]) -> None:
    assert items_of(text) == items


def test_every_item_has_an_id_that_stays_the_same() -> None:
    given: list[Json] = [
        "Hi",
        {"role": "user", "content": "One"},
        {"role": "assistant", "content": "Two"},
        {"type": "function_call_output", "call_id": "c", "output": "x"},
        {"type": "message", "id": "msg_1", "role": "user", "content": [], "status": "incomplete"},
        {"type": "novelty", "weight": 1},
    ]
    shown = identified(given, "resp_1")
    assert shown == identified(given, "resp_1")
    ids = [str(item["id"]) for item in shown]
    assert [one.partition("_")[0] for one in ids] == ["msg", "msg", "msg", "fco", "msg", "item"]
    assert len(set(ids)) == 6 and ids[4] == "msg_1"
    assert ids[0] != identified(given, "resp_2")[0]["id"]
    assert [item.get("status") for item in shown] == ["completed"] * 4 + ["incomplete", None]
    assert shown[1]["content"] == [{"type": "input_text", "text": "One"}]
    assert shown[2]["content"] == [{"type": "output_text", "text": "Two", "annotations": []}]
