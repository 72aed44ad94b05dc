"""Items that come in events."""

from __future__ import annotations

from plexus.transforms.assemble import collect
from plexus.transforms.dialects.openai_responses.incoming import (
    IncomingCall,
    IncomingMessage,
    IncomingReasoning,
    IncomingWhole,
)
from plexus.transforms.dialects.openai_responses.incoming_blocks import Blocks
from plexus.transforms.dialects.openai_responses.items_decode import decode_item
from plexus.transforms.events import (
    BlockDelta,
    BlockEnded,
    Event,
    LogProbs,
    Sealed,
    Segmented,
    Started,
)
from plexus.transforms.ir import Opaque, Part, Seal, Text, Thinking, ToolCall
from plexus.transforms.wire import JsonObject, objects_at

MESSAGE: JsonObject = {
    "type": "message",
    "id": "msg_1",
    "role": "assistant",
    "status": "completed",
    "content": [
        {"type": "output_text", "text": "ab", "annotations": [
            {"type": "url_citation", "url": "https://example.com", "title": "t",
             "start_index": 0, "end_index": 2}]},
        {"type": "refusal", "refusal": "no"},
    ],
}  # fmt: skip
REASONING: JsonObject = {
    "type": "reasoning",
    "id": "rs_1",
    "summary": [{"type": "summary_text", "text": "a"}, {"type": "summary_text", "text": "b"}],
    "encrypted_content": "last",
}
CALL: JsonObject = {
    "type": "function_call",
    "id": "fc_1",
    "call_id": "c1",
    "name": "f",
    "arguments": '{"a":1}',
    "status": "completed",
}


def built(events: list[Event]) -> tuple[Part, ...]:
    """The parts that the events make."""
    return collect([Started(id="", model=""), *events]).parts


def told(events: list[Event]) -> list[tuple[str, str]]:
    """The text that was told on the way."""
    return [(event.kind, event.text) for event in events if isinstance(event, BlockDelta)]


def test_a_message_that_was_told_bit_by_bit_is_the_one_that_is_restated() -> None:
    message = IncomingMessage(Blocks(), 0, {**MESSAGE, "status": "in_progress", "content": []})
    events = [
        *message.begin(0),
        *message.say(0, "a"),
        *message.say(0, "b"),
        *message.restate(0, "ab"),
        *message.say(1, "no", refusal=True),
        *message.finish(MESSAGE),
    ]
    assert told(events) == [("text", "a"), ("text", "b"), ("refusal", "no")]
    text, refusal = built(events)
    assert isinstance(text, Text)
    assert (text.text, refusal) == ("ab", decode_item(MESSAGE)[1])


def test_a_message_of_one_part_ends_with_all_of_it() -> None:
    item: JsonObject = {**MESSAGE, "content": objects_at(MESSAGE, "content")[:1]}
    message = IncomingMessage(Blocks(), 0, {"type": "message", "id": "msg_1"})
    events = [*message.say(0, "ab"), *message.finish(item)]
    assert built(events) == decode_item(item)
    assert told(events) == [("text", "ab")]


def test_a_message_of_which_nothing_was_told_is_told_at_its_end() -> None:
    message = IncomingMessage(Blocks(), 0, {"type": "message"})
    events = message.finish(MESSAGE)
    assert told(events) == [("text", "ab"), ("refusal", "no")]
    assert built(events)[1] == decode_item(MESSAGE)[1]


def test_log_probabilities_of_a_text_that_was_not_told_come_at_its_end() -> None:
    part: JsonObject = {"type": "output_text", "text": "a", "logprobs": [{"token": "a"}]}
    message = IncomingMessage(Blocks(), 0, {"type": "message"})
    events = message.finish({**MESSAGE, "content": [part]})
    assert LogProbs([{"token": "a"}]) in events


def test_a_text_that_another_block_cut_in_two_is_not_told_twice() -> None:
    blocks = Blocks()
    item: JsonObject = {**MESSAGE, "content": [{"type": "output_text", "text": "ab"}]}
    message = IncomingMessage(blocks, 0, {"type": "message"})
    events = [
        *message.say(0, "a"),
        *blocks.whole((1, 0), Opaque(dialect="responses", raw={})),
        *message.say(0, "b"),
        *message.finish(item),
    ]
    assert [part.text for part in built(events) if isinstance(part, Text)] == ["a", "b"]


def test_a_message_without_text_stays_whole() -> None:
    item: JsonObject = {"type": "message", "role": "assistant", "content": []}
    assert built(IncomingMessage(Blocks(), 0, item).finish(item)) == decode_item(item)


def test_reasoning_is_told_in_segments_and_sealed_last() -> None:
    reasoning = IncomingReasoning(Blocks(), 0, {**REASONING, "encrypted_content": "first"})
    events = [
        *reasoning.say(0, "a", raw=False),
        *reasoning.restate(0, "a", raw=False),
        *reasoning.say(1, "b", raw=False),
        *reasoning.finish(REASONING),
    ]
    seal = Seal(dialect="responses", kind="encrypted", data="last", id="rs_1")
    assert events[2:-1] == [Segmented(0), BlockDelta(0, "thinking", "b"), Sealed(0, seal)]
    assert built(events) == decode_item(REASONING)


def test_reasoning_of_which_nothing_was_told_is_told_at_its_end() -> None:
    events = IncomingReasoning(Blocks(), 0, {"type": "reasoning"}).finish(REASONING)
    assert told(events) == [("thinking", "a"), ("thinking", "b")]
    assert built(events) == decode_item(REASONING)
    bare: JsonObject = {"type": "reasoning", "summary": [], "encrypted_content": "x"}
    events = IncomingReasoning(Blocks(), 0, {"type": "reasoning"}).finish(bare)
    assert built(events) == decode_item(bare)


def test_of_summary_and_chain_the_first_is_shown() -> None:
    reasoning = IncomingReasoning(Blocks(), 0, {"type": "reasoning"})
    events = [*reasoning.say(0, "hm", raw=True), *reasoning.say(0, "a", raw=False)]
    assert told(events) == [("thinking", "hm")]


def test_reasoning_that_was_cut_short_still_delivers_its_seal() -> None:
    blocks = Blocks()
    reasoning = IncomingReasoning(blocks, 0, {"type": "reasoning"})
    events = [
        *reasoning.say(0, "a", raw=False),
        *blocks.whole((1, 0), Text(text="")),
        *reasoning.finish({**REASONING, "summary": objects_at(REASONING, "summary")[:1]}),
    ]
    first, _, last = built(events)
    assert isinstance(first, Thinking)
    assert isinstance(last, Thinking)
    assert (first.text, first.seal, last.text) == ("a", None, "")
    assert last.seal is not None


def test_reasoning_that_was_cut_short_and_has_no_seal_ends_in_silence() -> None:
    blocks = Blocks()
    reasoning = IncomingReasoning(blocks, 0, {"type": "reasoning"})
    chain: JsonObject = {"content": [{"type": "reasoning_text", "text": "a"}], "summary": []}
    events = [
        *reasoning.say(0, "a", raw=True),
        *blocks.whole((1, 0), Text(text="b")),
        *reasoning.finish({"type": "reasoning", "id": "rs_1", **chain}),
    ]
    assert [type(part) for part in built(events)] == [Thinking, Text]


def test_a_call_opens_when_its_name_is_known() -> None:
    call = IncomingCall(Blocks(), 0, {**CALL, "arguments": "", "status": "in_progress"})
    events = [
        *call.begin(),
        *call.begin(),
        *call.say('{"a"'),
        *call.say(":1}"),
        *call.restate('{"a":1}'),
        *call.finish(CALL),
        *call.say("late"),
    ]
    assert told(events) == [("arguments", '{"a"'), ("arguments", ":1}")]
    assert built(events) == decode_item(CALL)


def test_arguments_may_come_with_the_beginning() -> None:
    call = IncomingCall(Blocks(), 0, CALL)
    events = [*call.begin(), *call.finish(CALL)]
    assert told(events) == [("arguments", '{"a":1}')]
    assert built(events) == decode_item(CALL)


def test_a_call_without_a_beginning_is_told_at_its_end() -> None:
    call = IncomingCall(Blocks(), 0, {"type": "function_call"})
    events = [*call.begin(), *call.say("lost"), *call.finish(CALL)]
    assert told(events) == [("arguments", '{"a":1}')]
    assert built(events) == decode_item(CALL)


def test_a_call_that_nobody_restated_ends_as_it_was_told() -> None:
    call = IncomingCall(Blocks(), 0, {**CALL, "arguments": ""})
    (part,) = built([*call.begin(), *call.say("{}"), *call.close(), *call.close()])
    assert isinstance(part, ToolCall)
    assert part.arguments == "{}"


def test_a_call_that_can_be_none_stays_whole() -> None:
    item: JsonObject = {"type": "function_call"}
    assert built(IncomingCall(Blocks(), 0, item).finish(item)) == decode_item(item)
    begun = IncomingCall(Blocks(), 0, CALL)
    assert isinstance([*begun.begin(), *begun.finish(item)][-1], BlockEnded)


def test_a_hosted_call_comes_at_its_end() -> None:
    item: JsonObject = {"type": "web_search_call", "id": "ws_1", "status": "completed"}
    assert built(IncomingWhole(Blocks(), 0).finish(item)) == decode_item(item)
