"""Whole answers are read and written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.anthropic.identity import safe_name
from plexus.transforms.dialects.anthropic.response import decode_response, encode_response
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import (
    ChatResponse,
    Choice,
    Opaque,
    Refusal,
    Seal,
    Stop,
    Text,
    Thinking,
    ToolCall,
    ToolSpec,
    Usage,
)
from plexus.transforms.wire import JsonObject, objects_at
from tests.transforms.dialects.anthropic.factories import ask

NAME = "messages"
ANSWER: JsonObject = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude",
    "content": [
        {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}},
        {"type": "text", "text": "so"},
        {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1}},
    ],
    "stop_reason": "tool_use",
    "stop_sequence": None,
    "usage": {
        "input_tokens": 1,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": 2,
    },
    "container": {"id": "c"},
    "diagnostics": {"x": 1},
}
READ = ChatResponse(
    id="msg_1",
    model="claude",
    choices=(
        Choice(
            parts=(
                Thinking(text="hm", seal=Seal(dialect=NAME, kind="signature", data="c2ln")),
                Opaque(
                    dialect=NAME,
                    raw={
                        "type": "server_tool_use",
                        "id": "srvtoolu_1",
                        "name": "web_search",
                        "input": {},
                    },
                ),
                Text(text="so"),
                ToolCall(id="toolu_1", name="f", arguments='{"a":1}'),
            ),
            stop=Stop.TOOL,
            ext={NAME: {"container": {"id": "c"}}},
        ),
    ),
    usage=Usage(input=1, output=2, cache_read=0, cache_write=0, ext={NAME: {}}),
    ext={NAME: {"diagnostics": {"x": 1}}},
)


def test_an_answer_is_read() -> None:
    assert decode_response(ANSWER) == READ


def test_an_answer_is_written() -> None:
    receipt = Receipt()
    assert encode_response(READ, None, receipt) == ANSWER
    assert receipt.notes == ()


def test_another_providers_answer_is_written() -> None:
    response = ChatResponse(
        id="chatcmpl-1",
        model="gpt",
        choices=(
            Choice(
                parts=(Text(text=""), Thinking(text="hm"), Text(text="yes")),
                stop=Stop.LENGTH,
                logprobs=[],
            ),
            Choice(parts=(Text(text="or no"),)),
        ),
        created=7,
    )
    receipt = Receipt()
    assert encode_response(response, None, receipt) == {
        "id": "msg_chatcmpl-1",
        "type": "message",
        "role": "assistant",
        "model": "gpt",
        "content": [
            {"type": "thinking", "thinking": "hm", "signature": ""},
            {"type": "text", "text": "yes"},
        ],
        "stop_reason": "max_tokens",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 0,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": 0,
        },
    }
    assert [str(note) for note in receipt.notes] == [
        "dropped choices[1] (Anthropic's answers are single)",
        "dropped logprobs (Anthropic has none)",
    ]


def test_a_refusal_is_text_and_a_reason() -> None:
    choice = Choice(parts=(Refusal(text="No."),), stop=Stop.END)
    written = encode_response(ChatResponse(id="1", model="m", choices=(choice,)), None, Receipt())
    assert written["content"] == [{"type": "text", "text": "No."}]
    assert written["stop_reason"] == "refusal"


def test_an_answer_of_nothing_is_an_empty_turn() -> None:
    written = encode_response(ChatResponse(id="1", model="m", choices=()), None, Receipt())
    assert (written["content"], written["stop_reason"]) == ([], "end_turn")


def test_a_call_that_nobody_can_read_is_no_silent_success() -> None:
    choice = Choice(stop=Stop.MALFORMED, stop_detail="MALFORMED_FUNCTION_CALL")
    with pytest.raises(GatewayError, match="MALFORMED_FUNCTION_CALL") as caught:
        encode_response(ChatResponse(id="1", model="m", choices=(choice,)), None, Receipt())
    assert caught.value.kind is Kind.UPSTREAM_INVALID
    said = Choice(parts=(Text(text="a"),), stop=Stop.MALFORMED)
    written = encode_response(ChatResponse(id="1", model="m", choices=(said,)), None, Receipt())
    assert written["stop_reason"] == "end_turn"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({}, Kind.UPSTREAM_INVALID),
        ({"content": None}, Kind.UPSTREAM_INVALID),
        ({"content": {}}, Kind.UPSTREAM_INVALID),
        ({"error": {"type": "overloaded_error", "message": "busy"}}, Kind.OVERLOADED),
        ({"type": "error", "message": "x"}, Kind.UPSTREAM_DOWN),
    ],
)
def test_what_is_no_answer_is_refused(body: JsonObject, kind: Kind) -> None:
    with pytest.raises(GatewayError) as caught:
        decode_response(body)
    assert caught.value.kind is kind


def test_a_sloppy_answer_is_read_as_far_as_it_goes() -> None:
    assert decode_response({"content": "hi", "error": None, "usage": None}) == ChatResponse(
        id="", model="", choices=(Choice(parts=(Text(text="hi"),), stop=Stop.OTHER),)
    )
    assert decode_response({"content": [3, {"type": "x"}], "stop_reason": "end_turn"}).parts == (
        Opaque(dialect=NAME, raw={"type": "x"}),
    )


def test_the_seal_of_another_providers_call_stands_before_it() -> None:
    seal = Seal(dialect="gemini", kind="thought", data="x")
    call = ToolCall(id="call_1", name="f", seal=seal)
    choice = Choice(parts=(call,), stop=Stop.TOOL)
    response = ChatResponse(id="r", model="m", choices=(choice,))
    assert encode_response(response, None, Receipt())["content"] == [
        {"type": "redacted_thinking", "data": "gw1.gemini.thought.eA.Y2FsbF8x"},
        {"type": "tool_use", "id": "call_1", "name": "f", "input": {}},
    ]


def test_a_tool_whose_name_was_changed_for_the_provider_has_the_clients_name_again() -> None:
    request = replace(ask(), tools=(ToolSpec(name="a.b"), ToolSpec(name="a:b")))
    choice = Choice(parts=(ToolCall(id="1", name=safe_name("a.b")),), stop=Stop.TOOL)
    response = ChatResponse(id="r", model="m", choices=(choice,))
    (use,) = objects_at(encode_response(response, request, Receipt()), "content")
    assert use["name"] == "a.b"
