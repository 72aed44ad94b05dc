"""One block is open at a time, and nothing is lost or told twice."""

from __future__ import annotations

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.anthropic.stream_encode_block import (
    CallBlock,
    TextBlock,
    ThinkingBlock,
)
from plexus.transforms.dialects.anthropic.stream_encode_writer import BlockWriter, Place
from plexus.transforms.events import BlockDelta, Sealed
from plexus.transforms.ir import Seal, Text, Thinking, ToolCall
from plexus.transforms.wire import JsonObject, object_at
from tests.transforms.dialects.anthropic.rules import check_blocks, payloads


class Line:
    """A writer, and places whose blocks speak."""

    def __init__(self) -> None:
        self.writer = BlockWriter()

    def call(self, name: str) -> Place:
        """A call that has just begun."""
        place = Place(CallBlock(ToolCall(id=name, name=name), "answer", 0))
        self.writer.push(place, [])
        return place

    def say(self, place: Place, words: str) -> None:
        """Let a block say something."""
        self.writer.push(place, place.block.take(BlockDelta(0, "text", words), Receipt()))

    def told(self) -> list[str]:
        """What was written since, in short."""
        events = payloads(self.writer.taken())
        return [short(event) for event in events]


def short(event: JsonObject) -> str:
    """An event in few characters: its index, and what it says."""
    block, delta = object_at(event, "content_block"), object_at(event, "delta")
    if block is not None:
        return f"{event['index']}<{block.get('name', block['type'])}"
    if delta is None:
        return f"{event['index']}>"
    values = [str(value) for key, value in delta.items() if key != "type"]
    return f"{event['index']} {values[0]}"


def test_a_block_is_opened_by_what_it_says_first() -> None:
    line = Line()
    place = Place(TextBlock("p", Text(text="")))
    line.writer.push(place, [])
    assert line.told() == []
    line.say(place, "a")
    assert line.told() == ["0<text", "0 a"]
    line.writer.end(place)
    assert line.told() == ["0>"]


def test_a_block_that_says_nothing_is_never_opened() -> None:
    line = Line()
    line.writer.end(Place(TextBlock("p", Text(text=""))))
    line.writer.end(Place(ThinkingBlock("p", Thinking())))
    assert line.told() == []
    assert line.writer.empty


def test_text_goes_on_in_a_block_of_its_own() -> None:
    line = Line()
    text = Place(TextBlock("p", Text(text="")))
    line.say(text, "a")
    tool = line.call("f")
    line.say(text, "b")
    line.writer.end(tool)
    line.say(text, "c")
    line.writer.end(text)
    assert line.told() == ["0<text", "0 a", "0>", "1<f", "1>", "2<text", "2 b", "2 c", "2>"]


def test_a_call_waits_for_the_one_before_it() -> None:
    line = Line()
    first, second, third = line.call("f"), line.call("g"), line.call("h")
    line.say(second, '{"g"')
    line.say(first, '{"f"')
    line.say(third, "{}")
    line.writer.end(third)
    assert line.told() == ["0<f", '0 {"f"']
    line.say(first, ":1}")
    assert line.told() == ["0 :1}", "0>", "1<g", '1 {"g"']
    line.say(second, ":2}")
    assert line.told() == ["1 :2}", "1>", "2<h", "2 {}", "2>"]
    line.writer.end(first)
    line.writer.end(second)
    assert line.told() == []


def test_a_call_that_was_closed_as_complete_takes_no_more() -> None:
    line = Line()
    first = line.call("f")
    line.say(first, "{}")
    line.call("g")
    line.told()
    line.say(first, " garbage")
    line.writer.end(first)
    assert line.told() == []


def test_a_signature_that_comes_late_is_not_lost() -> None:
    line = Line()
    thinking = Place(ThinkingBlock("p", Thinking()))
    line.say(thinking, "hm")
    tool = line.call("f")
    seal = Seal(dialect="messages", kind="signature", data="c2ln")
    line.writer.push(thinking, thinking.block.take(Sealed(0, seal), Receipt()))
    line.writer.end(thinking)
    line.writer.end(tool)
    events = payloads(line.writer.taken())
    assert [short(event) for event in events] == [
        "0<thinking",
        "0 hm",
        "0 ",
        "0>",
        "1<f",
        "1>",
        "2<thinking",
        "2 c2ln",
        "2>",
    ]
    check_blocks(events, cut=False)
