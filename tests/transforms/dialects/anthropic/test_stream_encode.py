"""Streams are written as Anthropic's clients expect them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.anthropic import DIALECT
from plexus.transforms.dialects.anthropic.identity import safe_name
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.events import (
    BlockDelta,
    BlockEnded,
    BlockStarted,
    Event,
    Failed,
    Finished,
    LogProbs,
    Sealed,
    Started,
    UsageSeen,
)
from plexus.transforms.ir import (
    ChatRequest,
    Media,
    Opaque,
    Part,
    Refusal,
    Seal,
    Stop,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    ToolSpec,
    Usage,
)
from plexus.transforms.wire import JsonObject, object_at
from tests.transforms.dialects.anthropic.factories import ask
from tests.transforms.dialects.anthropic.rules import check_stream, encoded, payloads

START = Started(id="chatcmpl-1", model="gpt")
END = Finished(stop=Stop.END)
FAILED = Failed(GatewayError(Kind.OVERLOADED, "too busy"))


def block(index: int, part: Part, *inner: Event, choice: int = 0) -> list[Event]:
    """A block with what happens in it."""
    return [
        BlockStarted(index=index, block=part, choice=choice),
        *inner,
        BlockEnded(index=index),
    ]


def told(*events: Event) -> list[JsonObject]:
    """The payloads that events make, checked."""
    data = encoded(events)
    check_stream(data)
    return payloads(data)


def ending(payload: JsonObject) -> tuple[JsonObject | None, JsonObject | None]:
    """What a `message_delta` says."""
    return object_at(payload, "delta"), object_at(payload, "usage")


def test_a_stream_is_written() -> None:
    usage = Usage(input=9, output=5, cache_read=3)
    assert told(
        START,
        *block(0, Thinking(), BlockDelta(0, "thinking", "hm")),
        *block(1, Text(text=""), BlockDelta(1, "text", "so")),
        END,
        UsageSeen(usage),
    ) == [
        {
            "type": "message_start",
            "message": {
                "id": "msg_chatcmpl-1",
                "type": "message",
                "role": "assistant",
                "model": "gpt",
                "content": [],
                "stop_reason": None,
                "stop_sequence": None,
                "usage": {
                    "input_tokens": 0,
                    "cache_creation_input_tokens": 0,
                    "cache_read_input_tokens": 0,
                    "output_tokens": 0,
                },
            },
        },
        {
            "type": "content_block_start",
            "index": 0,
            "content_block": {"type": "thinking", "thinking": "", "signature": ""},
        },
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "thinking_delta", "thinking": "hm"},
        },
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "signature_delta", "signature": ""},
        },
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "so"}},
        {"type": "content_block_stop", "index": 1},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {
                "input_tokens": 9,
                "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": 3,
                "output_tokens": 5,
            },
        },
        {"type": "message_stop"},
    ]


def test_each_event_is_sent_when_it_comes() -> None:
    encoder = DIALECT.chat.stream_encoder(None, Receipt())
    assert encoder.encode(START) == b""
    events: list[Event] = [
        BlockStarted(index=0, block=Text(text="")),
        BlockDelta(0, "text", "a"),
        BlockDelta(0, "text", "b"),
        BlockEnded(index=0),
        END,
    ]
    sent = [[payload["type"] for payload in payloads(encoder.encode(event))] for event in events]
    assert sent == [
        ["message_start"],
        ["content_block_start", "content_block_delta"],
        ["content_block_delta"],
        ["content_block_stop"],
        [],
    ]


def test_usage_that_comes_with_the_start_stands_in_the_start() -> None:
    usage = Usage(
        input=9,
        output=1,
        cache_write=5,
        cache_write_1h=5,
        provisional=True,
        ext={"messages": {"service_tier": "standard"}},
    )
    first, *_, delta, _stop = told(
        START, UsageSeen(usage), END, UsageSeen(Usage(input=4, output=7))
    )
    message = object_at(first, "message") or {}
    assert message["usage"] == {
        "input_tokens": 9,
        "cache_creation_input_tokens": 5,
        "cache_read_input_tokens": 0,
        "output_tokens": 1,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 5},
        "service_tier": "standard",
    }
    assert delta["usage"] == {
        "input_tokens": 4,
        "cache_creation_input_tokens": 5,
        "cache_read_input_tokens": 0,
        "output_tokens": 7,
    }


def test_usage_that_comes_late_is_told_in_full() -> None:
    late = Usage(input=1, output=2, cache_write=3, cache_write_1h=3)
    *_, delta, _stop = told(START, *block(0, Text(text="a")), END, UsageSeen(late))
    _, usage = ending(delta)
    assert usage is not None
    assert "cache_creation" in usage


def test_a_turn_of_nothing_is_a_turn() -> None:
    kinds = [payload["type"] for payload in told(START, END)]
    assert kinds == ["message_start", "message_delta", "message_stop"]
    assert [payload["type"] for payload in told(START)] == kinds


def test_a_stream_of_nothing_is_an_error() -> None:
    assert told() == [
        {
            "type": "error",
            "error": {"type": "api_error", "message": "the provider's stream held no answer"},
        }
    ]


def test_without_a_start_the_request_names_the_model() -> None:
    request = ChatRequest(model="claude", messages=())
    encoder = DIALECT.chat.stream_encoder(request, Receipt())
    (start, *_) = payloads(encoder.encode(END) + encoder.close())
    assert (object_at(start, "message") or {})["model"] == "claude"


@pytest.mark.parametrize("before", [[], [START], [START, *block(0, Text(text="a"))[:-1]]])
def test_a_failure_ends_the_stream_at_once(before: list[Event]) -> None:
    *_, last = told(*before, FAILED, *block(1, Text(text="b")), END, FAILED)
    assert last == {
        "type": "error",
        "error": {"type": "overloaded_error", "message": "too busy"},
    }


def test_blocks_that_start_whole_are_told_whole() -> None:
    seal = Seal(dialect="messages", kind="signature", data="c2ln")
    payload = told(
        START,
        *block(0, Thinking(text="hm", seal=seal)),
        *block(1, Text(text="a")),
        *block(2, ToolCall(id="t", name="f", arguments='{"a":1}')),
        END,
    )
    assert [each["delta"] for each in payload if each["type"] == "content_block_delta"] == [
        {"type": "thinking_delta", "thinking": "hm"},
        {"type": "signature_delta", "signature": "c2ln"},
        {"type": "text_delta", "text": "a"},
        {"type": "input_json_delta", "partial_json": '{"a":1}'},
    ]


def test_a_block_that_is_only_told_at_its_end_is_told() -> None:
    payload = told(
        START,
        BlockStarted(index=0, block=Text(text="")),
        BlockEnded(index=0, block=Text(text="a")),
        BlockStarted(index=1, block=Text(text="")),
        BlockDelta(1, "text", "b"),
        BlockEnded(index=1, block=Text(text="b")),
        BlockStarted(index=2, block=ToolCall(id="t", name="f")),
        BlockEnded(index=2, block=ToolCall(id="t", name="f", arguments='{"a":1}')),
        END,
    )
    assert [each["delta"] for each in payload if each["type"] == "content_block_delta"] == [
        {"type": "text_delta", "text": "a"},
        {"type": "text_delta", "text": "b"},
        {"type": "input_json_delta", "partial_json": '{"a":1}'},
    ]


def test_whole_blocks_stand_in_their_place() -> None:
    raw: JsonObject = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}
    payload = told(
        START,
        BlockStarted(index=0, block=Opaque(dialect="messages", raw=raw)),
        BlockEnded(index=0, block=Opaque(dialect="messages", raw={**raw, "input": {"q": 1}})),
        *block(1, Media(kind="image", url="https://x.example/a.png")),
        *block(2, ToolResult(call_id="x")),
        *block(3, Opaque(dialect="responses", raw={"type": "x"})),
        END,
    )
    assert [each["content_block"] for each in payload if "content_block" in each] == [
        raw,
        {"type": "text", "text": ""},
    ]
    assert [each["delta"] for each in payload if each["type"] == "content_block_delta"] == [
        {"type": "input_json_delta", "partial_json": '{"q":1}'},
        {"type": "text_delta", "text": "![image](https://x.example/a.png)"},
    ]


def test_redacted_thinking_stands_whole_in_its_start() -> None:
    seal = Seal(dialect="messages", kind="redacted", data="ZA==")
    payload = told(START, *block(0, Thinking(), Sealed(0, seal)), END)
    assert payload[1]["content_block"] == {"type": "redacted_thinking", "data": "ZA=="}
    assert payload[2]["type"] == "content_block_stop"


def test_another_providers_seals_travel_where_anthropics_would_stand() -> None:
    sealed = Seal(dialect="responses", kind="encrypted", data="x")
    payload = told(
        START,
        *block(0, Thinking(), Sealed(0, sealed)),
        *block(1, Thinking(), BlockDelta(1, "thinking", "hm"), Sealed(1, sealed)),
        *block(2, ToolCall(id="t", name="f", arguments="{}", seal=sealed)),
        *block(3, ToolCall(id="u", name="f", arguments="{}"), Sealed(3, sealed)),
        END,
    )
    envelope = "gw1.responses.encrypted.eA"
    opened = [begun for each in payload if (begun := object_at(each, "content_block"))]
    assert [begun.get("data", begun["type"]) for begun in opened] == [
        envelope,
        "thinking",
        f"{envelope}.dA",
        "tool_use",
        "tool_use",
        f"{envelope}.dQ",
    ]
    signed: JsonObject = {"type": "signature_delta", "signature": envelope}
    assert [each["delta"] for each in payload if "delta" in each].count(signed) == 1


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        (block(0, ToolCall(id="t", name="f")), "tool_use"),
        (block(0, Refusal(text="No.")), "refusal"),
        (block(0, Text(text="a")), "end_turn"),
    ],
)
def test_what_came_tells_the_stop(events: list[Event], reason: str) -> None:
    delta, _ = ending(told(START, *events, END)[-2])
    assert delta == {"stop_reason": reason, "stop_sequence": None}


def test_the_first_finish_counts_and_keeps_what_it_says() -> None:
    first = Finished(
        stop=Stop.SEQUENCE,
        stop_sequence="##",
        ext={"messages": {"container": {"id": "c"}, "context_management": {"x": 1}}},
    )
    event = told(START, first, Finished(stop=Stop.LENGTH))[-2]
    assert event["delta"] == {
        "stop_reason": "stop_sequence",
        "stop_sequence": "##",
        "container": {"id": "c"},
    }
    assert event["context_management"] == {"x": 1}


def test_a_call_that_nobody_can_read_is_an_error_unless_something_was_said() -> None:
    malformed = Finished(stop=Stop.MALFORMED, stop_detail="garbled")
    *_, last = told(START, malformed)
    assert last["error"] == {
        "type": "api_error",
        "message": "the model wrote a tool call that cannot be read: garbled",
    }
    delta, _ = ending(told(START, *block(0, Text(text="a")), malformed)[-2])
    assert delta == {"stop_reason": "end_turn", "stop_sequence": None}


def test_further_choices_and_log_probabilities_are_noted() -> None:
    receipt = Receipt()
    data = encoded(
        [
            START,
            *block(0, Text(text="a")),
            *block(1, Text(text="b"), BlockDelta(1, "text", "c"), choice=1),
            LogProbs([]),
            Finished(stop=Stop.LENGTH, choice=1),
            END,
        ],
        receipt,
    )
    check_stream(data)
    assert b'"b"' not in data
    assert b"max_tokens" not in data
    assert [str(note) for note in receipt.notes] == [
        "dropped choices[1] (Anthropic's answers are single)",
        "dropped logprobs (Anthropic has none)",
    ]


def test_what_belongs_to_no_block_is_ignored() -> None:
    assert len(told(START, BlockDelta(4, "text", "a"), BlockEnded(index=4), END)) == 3


def test_a_call_goes_under_the_clients_own_name() -> None:
    request = replace(ask(), tools=(ToolSpec(name="a.b"), ToolSpec(name="c")))
    encoder = DIALECT.chat.stream_encoder(request, Receipt())
    events = [START, *block(0, ToolCall(id="t", name=safe_name("a.b"))), END]
    sent = payloads(b"".join([encoder.encode(event) for event in events]) + encoder.close())
    assert (object_at(sent[1], "content_block") or {})["name"] == "a.b"
