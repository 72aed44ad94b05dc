"""A whole answer is read, however odd, or refused as none."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import Refusal, Stop, Text, ToolCall
from tests.transforms.dialects.openai_chat.making import call, completion, read


def test_an_answer_is_read() -> None:
    response = read(
        completion({"content": "a"}, usage={"prompt_tokens": 3, "completion_tokens": 1}, x=1)
    )

    assert (response.id, response.model, response.created) == ("chatcmpl-1", "m", 7)
    assert response.parts == (Text(text="a"),)
    assert response.stop is Stop.END
    assert response.usage is not None and response.usage.input == 3
    assert response.ext["chat"] == {"x": 1}


def test_an_answer_without_usage_reports_none() -> None:
    assert read(completion({"content": "a"})).usage is None
    assert read(completion({"content": "a"}, usage=None)).usage is None


@pytest.mark.parametrize(
    ("message", "finish", "stop"),
    [
        ({"content": "a"}, "stop", Stop.END),
        ({"content": "a"}, "", Stop.END),
        ({"content": "a"}, None, Stop.END),
        ({"content": "a"}, "length", Stop.LENGTH),
        ({"content": None, "tool_calls": [call("a")]}, "stop", Stop.TOOL),
        ({"content": None, "tool_calls": [call("a")]}, "length", Stop.LENGTH),
        ({"content": None, "refusal": "no"}, "stop", Stop.REFUSAL),
        ({"content": None, "function_call": {"name": "f", "arguments": ""}}, "function_call",
         Stop.TOOL),
    ],
)  # fmt: skip
def test_the_stop_is_read_with_the_message(message: Any, finish: Any, stop: Stop) -> None:
    assert read(completion(message, finish)).stop is stop


def test_openrouters_native_reason_is_the_detail() -> None:
    raw = completion({"content": "a"})
    raw["choices"][0]["native_finish_reason"] = "end_turn"

    assert read(raw).choices[0].stop_detail == "end_turn"


def test_a_filtered_answer_may_lack_its_message() -> None:
    raw = completion({})
    raw["choices"][0] = {"index": 0, "finish_reason": "content_filter"}

    choice = read(raw).choices[0]

    assert (choice.parts, choice.stop) == ((), Stop.FILTER)


def test_ids_for_calls_without_one_are_the_same_every_time() -> None:
    raw = completion({"tool_calls": [call(""), call("")]}, "tool_calls")

    first, second = read(raw).parts, read(raw).parts

    ids = [part.id for part in first if isinstance(part, ToolCall)]
    assert first == second
    assert len(set(ids)) == 2


def test_log_probabilities_are_kept() -> None:
    raw = completion({"content": "a"})
    raw["choices"][0]["logprobs"] = {"content": [{"token": "a"}], "refusal": None}

    choice = read(raw).choices[0]

    assert choice.logprobs == [{"token": "a"}]
    assert choice.ext["chat"]["logprobs"] == {"refusal": None}


def test_several_choices_are_read() -> None:
    raw = completion({"content": "a"})
    raw["choices"].append({"index": 1, "message": {"refusal": "no"}, "finish_reason": "stop"})

    assert [choice.parts for choice in read(raw).choices] == [
        (Text(text="a"),),
        (Refusal(text="no"),),
    ]


@pytest.mark.parametrize("choices", [None, [], {}, "x", [1]])
def test_an_answer_without_choices_is_none(choices: Any) -> None:
    with pytest.raises(GatewayError) as caught:
        read({"id": "x", "choices": choices})

    assert caught.value.kind is Kind.UPSTREAM_INVALID


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ({"error": {"message": "slow down", "code": 429}}, Kind.RATE_LIMITED),
        ({"error": "boom"}, Kind.UPSTREAM_DOWN),
        ({"error": {"message": "m", "code": "context_length_exceeded"}, "status": 400},
         Kind.CONTEXT_OVERFLOW),
        ({"object": "error", "message": "too hot", "code": 400}, Kind.BAD_REQUEST),
        ({"choices": [{"error": {"message": "died", "code": 503}}]}, Kind.OVERLOADED),
    ],
)  # fmt: skip
def test_an_error_with_status_200_is_raised(raw: Any, kind: Kind) -> None:
    with pytest.raises(GatewayError) as caught:
        read(raw)

    assert caught.value.kind is kind
