"""A whole answer is written for a chat client, whichever vendor gave it."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types.chat import ChatCompletion

from plexus.transforms.codec import Receipt
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import (
    ChatResponse,
    Choice,
    Message,
    Seal,
    Stop,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from tests.transforms.dialects.openai_chat.making import (
    CHAT,
    answer,
    assistant,
    body,
    call,
    completion,
    decoded,
    message_of,
    read,
    tool,
    user,
    written,
)


def test_a_foreign_answer_is_a_chat_completion() -> None:
    response = answer(Text(text="a"), created=5, usage=Usage(input=1, output=2))

    raw = written(response)

    assert raw == {
        "id": "chatcmpl-r1",
        "object": "chat.completion",
        "created": 5,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "a"},
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 1,
            "completion_tokens": 2,
            "total_tokens": 3,
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0},
        },
    }
    ChatCompletion.model_validate(raw)


def test_an_answer_without_id_time_or_model_is_still_complete() -> None:
    raw = written(ChatResponse(id="", model=""), decoded(body()))

    assert (raw["id"], raw["created"], raw["model"]) == ("chatcmpl-plexus", 0, "m")
    ChatCompletion.model_validate(raw)


@pytest.mark.parametrize(
    ("stop", "finish"),
    [
        (Stop.END, "stop"),
        (Stop.LENGTH, "length"),
        (Stop.SEQUENCE, "stop"),
        (Stop.FILTER, "content_filter"),
        (Stop.REFUSAL, "content_filter"),
        (Stop.PAUSE, "stop"),
        (Stop.CONTEXT, "length"),
    ],
)
def test_the_stop_is_told_in_openais_words(stop: Stop, finish: str) -> None:
    assert written(answer(Text(text="a"), stop=stop))["choices"][0]["finish_reason"] == finish


def test_calls_end_with_tool_calls_unless_they_were_cut() -> None:
    one = ToolCall(id="c", name="f")

    assert written(answer(one))["choices"][0]["finish_reason"] == "tool_calls"
    assert written(answer(one, stop=Stop.LENGTH))["choices"][0]["finish_reason"] == "length"


def test_a_client_of_old_is_told_of_a_function_call() -> None:
    request = decoded(body(functions=[{"name": "f"}]))

    (choice,) = written(answer(ToolCall(id="c", name="f")), request)["choices"]

    assert choice["finish_reason"] == "function_call"
    assert choice["message"]["function_call"] == {"name": "f", "arguments": "{}"}


def test_log_probabilities_stand_beside_the_message() -> None:
    raw = completion({"content": "a"})
    raw["choices"][0]["logprobs"] = {"content": [{"token": "a"}], "refusal": None}
    foreign_answer = ChatResponse(id="i", model="m", choices=(Choice(logprobs=[{"token": "b"}]),))

    assert written(read(raw)) == raw
    assert written(foreign_answer)["choices"][0]["logprobs"] == {"content": [{"token": "b"}]}


def test_perplexitys_echo_in_a_delta_goes_on_as_it_was() -> None:
    raw = completion({"content": "a"})
    raw["choices"][0]["delta"] = {"role": "assistant", "content": ""}

    assert written(read(raw)) == raw


def test_an_unreadable_call_is_an_error_and_not_an_empty_answer() -> None:
    with pytest.raises(GatewayError) as caught:
        written(answer(stop=Stop.MALFORMED))

    assert (caught.value.kind, caught.value.code) == (
        Kind.OVERLOADED,
        "upstream_malformed_function_call",
    )
    assert (
        written(answer(Text(text="a"), stop=Stop.MALFORMED))["choices"][0]["finish_reason"]
        == "stop"
    )


def test_what_late_chunks_of_a_stream_said_stands_in_the_answer() -> None:
    choice = Choice(ext={"chat": {"message": {}, "response": {"citations": ["u"]}}})
    response = ChatResponse(id="i", model="m", choices=(choice,), ext={"chat": {"x": 1}})

    raw = written(response)

    assert (raw["citations"], raw["x"]) == (["u"], 1)
    assert "response" not in raw["choices"][0]


@pytest.mark.parametrize(
    "message",
    [
        {"content": "a", "refusal": None, "annotations": []},
        {"content": None, "tool_calls": [call("a", index=0)], "reasoning": "why", "x": {}},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "t"}]},
                     {"type": "text", "text": "a"}]},
        {"content": {"title": "T"}, "refusal": None},
        {"content": "a", "audio": {"id": "a", "data": "AA", "expires_at": 1, "transcript": "t"}},
        {"content": "a", "images": [{"type": "image_url", "image_url": {"url": "u"}, "index": 0}]},
        {"content": None, "function_call": {"name": "f", "arguments": "{}"}},
        {"content": "ab", "annotations": [
            {"type": "url_citation", "url_citation": {"url": "u", "title": "T", "start_index": 0,
                                                      "end_index": 2, "content": "c"}},
            {"type": "file", "file": {"hash": "h"}}]},
        {"content": "", "reasoning_details": [
            {"type": "reasoning.encrypted", "data": "d", "format": "xai-responses-v1", "id": "r"}]},
    ],
)  # fmt: skip
def test_a_chat_providers_message_goes_on_as_it_was(message: Any) -> None:
    finish = "tool_calls" if "tool_calls" in message else "stop"
    raw = completion(message, "function_call" if "function_call" in message else finish)

    assert written(read(raw)) == raw


@pytest.mark.parametrize(
    "seal",
    [
        Seal(dialect="messages", kind="signature", data="sig"),
        Seal(dialect="messages", kind="redacted", data="red"),
        Seal(dialect="responses", kind="encrypted", data="enc", id="rs_1"),
        Seal(dialect="gemini", kind="thought", data="tho"),
        Seal(dialect="chat", kind="encrypted", data="x"),
    ],
)
def test_a_seal_comes_back_with_the_clients_next_request(seal: Seal) -> None:
    text = "" if seal.kind == "redacted" else "why"
    shown = answer(
        Thinking(text=text, seal=seal),
        Text(text="a"),
        ToolCall(id="c", name="f", arguments="{}"),
    )

    turn = _next_turn(message_of(shown))

    thoughts = [(p.text, p.seal) for p in turn.parts if isinstance(p, Thinking)]
    assert thoughts == [(text, seal)]


def test_a_calls_seal_comes_back_with_the_clients_next_request() -> None:
    seal = Seal(dialect="gemini", kind="thought", data="s")
    first = ToolCall(id="c", name="f", arguments="{}", seal=seal)

    turn = _next_turn(message_of(answer(first, ToolCall(id="d", name="f", arguments="{}"))))

    assert [p.seal for p in turn.parts if isinstance(p, ToolCall)] == [seal, None]


def _next_turn(message: Any) -> Message:
    answers = [tool(raw["id"], "ok") for raw in message["tool_calls"]]
    return decoded(body(user("hi"), message, *answers, user("go on"))).messages[1]


def test_an_answer_round_trips_through_its_own_request() -> None:
    request = decoded(body(user("hi"), assistant("a")))

    assert CHAT.encode_response(answer(Text(text="a")), request, Receipt())["model"] == "m"
