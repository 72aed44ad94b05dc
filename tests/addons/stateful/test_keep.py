"""What is remembered of a call."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plexus.addons.exchange import Attempt, Continued, Exchange
from plexus.addons.stateful.keep import is_finished, response_record, turn_record
from plexus.transforms.wire import JsonObject
from tests.addons.factories import DIALECTS, exchange, plan, principal, target
from tests.fakes.native import responses

ANSWER: JsonObject = json.loads(json.dumps(responses.text("Hello")))


def call(**other: Any) -> Exchange:
    made = exchange(
        **{
            "dialect": DIALECTS["responses"],
            "principal": principal(name="app"),
            "body": {"model": "m", "input": "Hi"},
            "model": "m",
            "plan": plan(target("acme/big")),
            "attempts": [Attempt(target=target("acme/big"), dialect=DIALECTS["chat"])],
            **other,
        }
    )
    made.timeline.started_ms = 1000
    return made


def going_on(**state: Any) -> Exchange:
    body = {"model": "m", "input": "Hi"}
    merged = {"model": "m", "input": [{"role": "user", "content": "Before"}, "…"], "store": False}
    return call(body=merged, continued=Continued(**{"raw": b"", "body": body, **state}))


def test_a_row_holds_the_answer_in_parts_and_who_gave_it() -> None:
    record = response_record(call(), ANSWER, now=2000)
    assert record is not None
    assert {**json.loads(record.body), "output": json.loads(record.output)} == ANSWER
    assert json.loads(record.input) == [{"type": "message", "role": "user", "content": "Hi"}]
    assert record.size == len(record.input) + len(record.output)
    told = (record.key, record.id, record.owner, record.request_id, record.model, record.status)
    assert told == ("app/resp_fake", "resp_fake", "app", call().id, "m", "completed")
    assert (record.created_at, record.completed_at) == (1000, 2000)
    by = (record.provider, record.target_model, record.api_type, record.canonical_model)
    assert by == ("acme", "big", "chat", "m")
    assert (record.previous_key, record.conversation_key) == (None, None)


def test_only_this_turns_input_is_stored() -> None:
    record = response_record(going_on(previous="resp_1"), ANSWER, now=2000)
    assert record is not None
    assert record.previous_key == "app/resp_1"
    assert json.loads(record.input) == [{"type": "message", "role": "user", "content": "Hi"}]


@pytest.mark.parametrize(
    "made",
    [
        call(body={"input": "Hi", "store": False}),
        going_on(previous="resp_1", body={"input": "Hi", "store": False}),
        going_on(previous="resp_1", ancestors=frozenset({"resp_fake"})),
    ],
    ids=["not wanted", "not wanted of a chain", "would close a circle"],
)
def test_some_answers_are_not_stored(made: Exchange) -> None:
    assert response_record(made, ANSWER, now=2000) is None


def test_a_turn_adds_its_input_and_output_each_with_an_id() -> None:
    record = turn_record(going_on(conversation="conv_1"), ANSWER, now=2000)
    assert record is not None
    asked, answered = json.loads(record.items)
    assert asked["content"] == [{"type": "input_text", "text": "Hi"}] and asked["id"]
    assert answered == responses.text("Hello")["output"][0]  # type: ignore[index]  # a list
    assert record.size == len(record.items)
    assert (record.key, record.conversation_key) == (call().id, "app/conv_1")
    assert record.created_at == 2000


def test_a_call_outside_conversations_adds_nothing() -> None:
    assert turn_record(call(), ANSWER, now=2000) is None
    assert turn_record(going_on(previous="resp_1"), ANSWER, now=2000) is None


def test_a_conversation_takes_what_is_not_stored_as_a_response() -> None:
    made = going_on(conversation="conv_1", body={"input": "Hi", "store": False})
    assert response_record(made, ANSWER, now=2000) is None
    assert turn_record(made, ANSWER, now=2000) is not None


@pytest.mark.parametrize(
    ("changed", "finished"),
    [
        ({}, True),
        ({"status": "incomplete"}, True),
        ({"status": "failed"}, False),
        ({"status": "in_progress"}, False),
        ({"status": None}, False),
        ({"id": None}, False),
        ({"id": "a/b"}, False),
        ({"id": "x" * 200}, False),
    ],
)
def test_only_a_finished_answer_with_an_id_can_be_gone_on_from(
    changed: JsonObject, finished: bool
) -> None:
    assert is_finished({**ANSWER, **changed}) is finished
