"""Reasoning items and calls while they are written."""

from __future__ import annotations

import pytest

from plexus.transforms.dialects.openai_responses.items_decode import decode_item
from plexus.transforms.dialects.openai_responses.open_items import (
    OpenCall,
    OpenReasoning,
    Place,
    Status,
    item_fields,
    item_status,
    sealed_content,
)
from plexus.transforms.ir import Ext, Seal, Thinking, ToolCall
from plexus.transforms.wire import JsonObject
from tests.transforms.dialects.openai_responses.rules import kinds

PLACE = Place(2, "x_1")
OWN: Ext = {"responses": {"item": {"id": "x_1", "status": "in_progress", "phase": "p"}}}


def call(block: ToolCall, *, wrapped: bool = False) -> OpenCall:
    """A call under its own name."""
    return OpenCall(PLACE, block, {"name": block.name}, wrapped=wrapped)


def test_a_place_tells_where_its_events_belong() -> None:
    assert PLACE.event("x.delta", delta="a") == {
        "type": "response.x.delta",
        "item_id": "x_1",
        "output_index": 2,
        "delta": "a",
    }
    assert kinds([PLACE.added({}), PLACE.done({})]) == ["output_item.added", "output_item.done"]


def test_summary_parts_open_and_close_one_after_the_other() -> None:
    item = OpenReasoning(PLACE, Thinking())
    events = [
        *item.opened(),
        *item.delta("a"),
        *item.delta("b"),
        *item.segment(),
        *item.delta("c"),
        *item.end(None),
    ]
    part = ["added", "done"]
    assert kinds(events) == [
        "output_item.added",
        f"reasoning_summary_part.{part[0]}",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        f"reasoning_summary_part.{part[1]}",
        f"reasoning_summary_part.{part[0]}",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        f"reasoning_summary_part.{part[1]}",
        "output_item.done",
    ]
    assert [e["summary_index"] for e in events if "summary_index" in e] == [0] * 5 + [1] * 4
    assert item.item == {
        "id": "x_1",
        "type": "reasoning",
        "summary": [
            {"type": "summary_text", "text": "ab"},
            {"type": "summary_text", "text": "c"},
        ],
    }


def test_a_chain_is_reasoning_text() -> None:
    item = OpenReasoning(PLACE, Thinking(text="hm", raw=True))
    events = [*item.opened(), *item.end(None)]
    assert kinds(events) == [
        "output_item.added", "reasoning_text.delta", "reasoning_text.done", "output_item.done",
    ]  # fmt: skip
    assert item.item == {
        "id": "x_1",
        "type": "reasoning",
        "summary": [],
        "content": [{"type": "reasoning_text", "text": "hm"}],
    }


def test_a_whole_reasoning_item_is_written_as_it_was_read() -> None:
    raw: JsonObject = {
        "type": "reasoning",
        "id": "x_1",
        "summary": [{"type": "summary_text", "text": "a"}],
        "encrypted_content": "gAAA",
        "content": [],
    }
    (block,) = decode_item(raw)
    assert isinstance(block, Thinking)
    item = OpenReasoning(PLACE, block)
    item.opened()
    item.end(block)
    assert item.item == raw


def test_a_foreign_seal_travels_in_an_envelope() -> None:
    assert sealed_content(Seal(dialect="responses", kind="encrypted", data="x")) == "x"
    foreign = Seal(dialect="messages", kind="signature", data="x")
    assert sealed_content(foreign) == "gw1.messages.signature.eA"


def test_a_call_is_told_bit_by_bit() -> None:
    item = call(ToolCall(id="c1", name="f"))
    events = [*item.opened(), *item.delta('{"a"'), *item.delta(":1}"), *item.end(None)]
    assert kinds(events) == [
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
    ]
    assert item.item == {
        "id": "x_1",
        "type": "function_call",
        "name": "f",
        "call_id": "c1",
        "arguments": '{"a":1}',
        "status": "completed",
    }


def test_a_call_without_arguments_has_an_empty_object() -> None:
    item = call(ToolCall(id="c1", name="f"))
    item.end(None)
    assert (item.item or {})["arguments"] == "{}"


def test_a_custom_tools_text_comes_as_it_is() -> None:
    item = call(ToolCall(id="c1", name="x", arguments="4 ", kind="custom"))
    events = [*item.opened(), *item.delta("+ 4"), *item.end(None)]
    assert kinds(events)[1:-1] == [
        "custom_tool_call_input.delta", "custom_tool_call_input.delta",
        "custom_tool_call_input.done",
    ]  # fmt: skip
    assert (item.item or {})["input"] == "4 + 4"


def test_wrapped_text_is_unwrapped_when_it_is_whole() -> None:
    item = call(ToolCall(id="c1", name="x"), wrapped=True)
    opened = [*item.opened(), *item.delta('{"input":"4'), *item.delta(' + 4"}')]
    assert kinds(opened) == ["output_item.added"]
    events = item.end(None)
    assert [event.get("delta", event.get("input")) for event in events[:2]] == ["4 + 4", "4 + 4"]
    assert (item.item or {})["type"] == "custom_tool_call"


def test_arguments_that_were_only_restated_are_told() -> None:
    item = call(ToolCall(id="c1", name="f"))
    item.opened()
    events = item.end(ToolCall(id="c1", name="f", arguments="[]"))
    assert kinds(events)[0] == "function_call_arguments.delta"


def test_an_interrupted_call_is_incomplete() -> None:
    item = call(ToolCall(id="c1", name="f", arguments='{"a'))
    item.opened()
    item.close("incomplete")
    assert (item.item or {})["status"] == "incomplete"


@pytest.mark.parametrize(
    ("status", "restated", "required", "expected"),
    [
        ("completed", True, True, {"status": "in_progress"}),
        ("completed", False, True, {"status": "completed"}),
        ("incomplete", False, False, {"status": "incomplete"}),
    ],
)
def test_the_providers_word_counts_where_it_restated_the_item(
    status: Status, restated: bool, required: bool, expected: JsonObject
) -> None:
    assert item_status(OWN, status, restated=restated, required=required) == expected


def test_where_no_status_was_given_none_is_needed() -> None:
    bare: Ext = {"responses": {"item": {}}}
    assert item_status(bare, "completed", restated=True, required=False) == {}
    assert item_status(bare, "completed", restated=True) == {"status": "completed"}
    assert item_status({}, "completed", restated=False, required=False) == {}


def test_fields_are_kept_but_for_the_identity() -> None:
    assert item_fields(OWN) == {"phase": "p"}
    assert item_fields({}) == {}
