"""What a response repeats of its request."""

from __future__ import annotations

from plexus.transforms.dialects.openai_responses.echo import client_state, echo
from plexus.transforms.ir import ChatRequest, ServerTool
from plexus.transforms.wire import JsonObject
from tests.transforms.dialects.openai_responses.canonical import DEFAULTS
from tests.transforms.dialects.openai_responses.rules import read_request


def test_without_a_request_there_are_the_defaults() -> None:
    said = echo(None)
    assert said == {key: DEFAULTS[key] for key in said}
    assert said["store"] is False


def test_a_request_is_repeated() -> None:
    body: JsonObject = {
        "model": "m",
        "input": "hi",
        "instructions": "be kind",
        "tools": [{"type": "function", "name": "f", "parameters": {}, "strict": True}],
        "tool_choice": {"type": "function", "name": "f"},
        "parallel_tool_calls": False,
        "temperature": 0,
        "top_p": 0.5,
        "reasoning": {"effort": "none", "context": "auto"},
        "text": {"verbosity": "low"},
        "truncation": "auto",
        "metadata": {"a": "b"},
        "max_output_tokens": 50,
        "previous_response_id": "resp_0",
        "conversation": "conv_1",
        "service_tier": "flex",
        "prompt_cache_key": "k",
        "user": "u",
        "safety_identifier": "s",
        "store": False,
    }
    said = echo(read_request(body))
    expected = {key: value for key, value in body.items() if key not in ("model", "input")}
    assert said == {
        **echo(None),
        **expected,
        "reasoning": {"context": "auto", "effort": "none", "summary": None},
        "text": {"format": {"type": "text"}, "verbosity": "low"},
        "conversation": {"id": "conv_1"},
    }


def test_answers_are_stored_unless_the_client_says_otherwise() -> None:
    assert echo(read_request({"model": "m", "input": "hi"}))["store"] is True


def test_the_safety_identifier_is_not_repeated_as_the_user() -> None:
    said = echo(read_request({"model": "m", "input": "hi", "safety_identifier": "s"}))
    assert (said["user"], said["safety_identifier"]) == (None, "s")


def test_a_request_of_another_format_has_no_state() -> None:
    request = ChatRequest(
        model="m", messages=(), tools=(ServerTool(dialect="gemini", raw={}),), ext={"chat": {}}
    )
    assert client_state(request) == {}
    assert echo(request)["tools"] == []
