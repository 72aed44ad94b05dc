"""Items are told apart by output index, by id, or by order."""

from __future__ import annotations

import pytest

from plexus.transforms.assemble import collect
from plexus.transforms.dialects.openai_responses.incoming_items import IncomingItems
from plexus.transforms.events import Event, LogProbs, Started
from plexus.transforms.ir import Part, Text, ToolCall
from plexus.transforms.wire import JsonObject


def call(number: int) -> JsonObject:
    """A call without arguments."""
    return {"type": "function_call", "id": f"fc_{number}", "call_id": f"c{number}", "name": "f"}


def parts_of(*events: JsonObject, output: list[JsonObject] | None = None) -> tuple[Part, ...]:
    """The parts that the events make, after the last event has repeated `output`."""
    items = IncomingItems()
    found: list[Event] = []
    for event in events:
        found += items.take(f"response.{event['type']}", event) or []
    found += items.complete(output or [])
    return collect([Started(id="", model=""), *found]).parts


def arguments_of(parts: tuple[Part, ...]) -> list[str]:
    """The arguments of the calls."""
    return [part.arguments for part in parts if isinstance(part, ToolCall)]


@pytest.mark.parametrize("key", ["output_index", "item_id"])
def test_parallel_calls_stay_apart(key: str) -> None:
    def of(number: int) -> JsonObject:
        return {"output_index": number} if key == "output_index" else {"item_id": f"fc_{number}"}

    parts = parts_of(
        {"type": "output_item.added", "item": call(0), **of(0)},
        {"type": "output_item.added", "item": call(1), **of(1)},
        {"type": "function_call_arguments.delta", "delta": '{"a"', **of(0)},
        {"type": "function_call_arguments.delta", "delta": '{"b"', **of(1)},
        {"type": "function_call_arguments.delta", "delta": ":0}", **of(0)},
        {"type": "function_call_arguments.delta", "delta": ":1}", **of(1)},
    )
    assert arguments_of(parts) == ['{"a":0}', '{"b":1}']


def test_without_any_index_content_belongs_to_the_last_item() -> None:
    parts = parts_of(
        {"type": "output_item.added", "item": {"type": "message", "role": "assistant"}},
        {"type": "output_text.delta", "delta": "a"},
        {"type": "output_item.added", "item": call(1)},
        {"type": "function_call_arguments.delta", "delta": "{}"},
    )
    assert [type(part) for part in parts] == [Text, ToolCall]
    assert arguments_of(parts) == ["{}"]


def test_content_without_an_item_makes_one() -> None:
    (part,) = parts_of({"type": "output_text.delta", "delta": "a", "output_index": 0})
    assert isinstance(part, Text)
    assert part.text == "a"
    (thought,) = parts_of({"type": "reasoning_text.delta", "delta": "hm", "output_index": 0})
    assert not isinstance(thought, Text)


def test_items_that_only_the_end_tells_of_are_added() -> None:
    message: JsonObject = {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "a"}],
    }
    parts = parts_of(output=[message, {**call(1), "arguments": "{}"}])
    assert [type(part) for part in parts] == [Text, ToolCall]


def test_items_that_are_done_are_not_repeated_whatever_their_id() -> None:
    done = {**call(0), "arguments": "{}"}
    parts = parts_of(
        {"type": "output_item.done", "item": done, "output_index": 0},
        {"type": "output_item.done", "item": done, "output_index": 0},
        output=[{**done, "id": "another"}],
    )
    assert len(parts) == 1
    elsewhere = parts_of(
        {"type": "output_item.done", "item": done, "output_index": 3}, output=[done]
    )
    assert len(elsewhere) == 1


def test_custom_input_is_arguments() -> None:
    item: JsonObject = {"type": "custom_tool_call", "call_id": "c", "name": "x", "input": ""}
    (part,) = parts_of(
        {"type": "output_item.added", "item": item, "output_index": 0},
        {"type": "custom_tool_call_input.delta", "delta": "4 ", "output_index": 0},
        {"type": "custom_tool_call_input.done", "input": "4 + 4", "output_index": 0},
    )
    assert isinstance(part, ToolCall)
    assert (part.kind, part.arguments) == ("custom", "4 + 4")


def test_log_probabilities_come_with_their_text() -> None:
    items = IncomingItems()
    event: JsonObject = {"delta": "a", "output_index": 0, "logprobs": [{"token": "a"}]}
    events = items.take("response.output_text.delta", event) or []
    assert events[-1] == LogProbs([{"token": "a"}])


def test_text_may_come_only_when_it_is_done() -> None:
    refused = parts_of({"type": "refusal.done", "refusal": "no", "output_index": 0})
    assert [getattr(part, "text", "") for part in refused] == ["no"]
    event: JsonObject = {"type": "output_text.done", "text": "a", "output_index": 0}
    (text,) = parts_of({**event, "logprobs": [{"token": "a"}]})
    assert isinstance(text, Text)
    assert text.text == "a"


@pytest.mark.parametrize(
    "kind", ["response.web_search_call.searching", "keepalive", "response.created", ""]
)
def test_other_events_are_about_something_else(kind: str) -> None:
    assert IncomingItems().take(kind, {}) is None


@pytest.mark.parametrize(
    "event",
    [
        {"type": "output_item.added"},
        {"type": "output_item.done"},
        {"type": "content_part.added", "part": {"type": "reasoning_text"}},
        {"type": "content_part.done"},
        {"type": "content_part.done", "part": {"type": "output_text"}},
        {"type": "content_part.done", "part": {"type": "reasoning_text", "text": "hm"}},
        {"type": "output_text.annotation.added"},
        {"type": "function_call_arguments.delta", "delta": "{}"},
        {"type": "function_call_arguments.done"},
        {"type": "reasoning_summary_text.delta", "delta": ""},
    ],
)
def test_events_that_say_nothing_make_nothing(event: JsonObject) -> None:
    assert parts_of(event) == ()


def test_content_of_an_item_that_has_none_is_ignored() -> None:
    item: JsonObject = {"type": "web_search_call"}
    assert (
        parts_of(
            {"type": "output_item.added", "item": item, "output_index": 0},
            {"type": "output_text.delta", "delta": "a", "output_index": 0},
            {"type": "reasoning_text.delta", "delta": "a", "output_index": 0},
            {"type": "output_text.annotation.added", "annotation": {}, "output_index": 0},
            {
                "type": "content_part.done",
                "part": {"type": "output_text", "text": "a"},
                "output_index": 0,
            },
        )
        == ()
    )


def test_a_part_may_be_told_only_when_it_is_done() -> None:
    annotation: JsonObject = {"type": "url_citation", "url": "https://example.com"}
    part: JsonObject = {"type": "output_text", "text": "a", "annotations": [annotation]}
    (text,) = parts_of({"type": "content_part.done", "part": part, "output_index": 0})
    assert isinstance(text, Text)
    assert (text.text, len(text.citations)) == ("a", 1)
