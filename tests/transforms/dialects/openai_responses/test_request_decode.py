"""A client's request, field by field."""

from __future__ import annotations

import pytest

from plexus.transforms.codec import Match, Operation
from plexus.transforms.dialects.openai_responses.request_decode import decode_request
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import (
    ChatRequest,
    Message,
    OutputFormat,
    Reasoning,
    Sampling,
    Text,
    ToolChoice,
    ToolSpec,
)
from plexus.transforms.wire import JsonObject


def read(**body: object) -> ChatRequest:
    """The request with these fields."""
    return decode_request(Match(Operation.CHAT), {"model": "m", "input": "hi", **body})  # type: ignore[dict-item]  # JSON


def test_the_least_request_says_nothing_else() -> None:
    assert read() == ChatRequest(
        model="m",
        messages=(Message(role="user", parts=(Text(text="hi"),)),),
        ext={"responses": {}},
    )


def test_every_field_finds_its_place() -> None:
    request = read(
        instructions="be kind",
        max_output_tokens=100,
        temperature=0.5,
        top_p=0.9,
        tools=[{"type": "function", "name": "f"}],
        tool_choice="required",
        parallel_tool_calls=False,
        reasoning={"effort": "low"},
        text={"format": {"type": "json_object"}, "verbosity": "low"},
        prompt_cache_key="k",
        service_tier="flex",
        user="u",
        metadata={"a": "b"},
        stream=True,
    )
    assert request == ChatRequest(
        model="m",
        messages=request.messages,
        system=(Text(text="be kind"),),
        tools=(ToolSpec(name="f", ext={"responses": {"tool": {}}}),),
        tool_choice=ToolChoice(mode="required"),
        parallel_tools=False,
        stream=True,
        max_output=100,
        sampling=Sampling(temperature=0.5, top_p=0.9),
        reasoning=Reasoning(effort="low", ext={"responses": {}}),
        output=OutputFormat(kind="json", ext={"responses": {}}),
        verbosity="low",
        cache_key="k",
        tier="flex",
        user="u",
        metadata={"a": "b"},
        ext={"responses": {}},
    )


def test_state_and_what_is_new_stay_as_they_came() -> None:
    fields: JsonObject = {
        "store": False,
        "previous_response_id": "resp_1",
        "conversation": {"id": "conv_1"},
        "include": ["reasoning.encrypted_content"],
        "truncation": "auto",
        "background": False,
        "temperature": None,
        "top_p": True,
        "max_output_tokens": "many",
        "tools": None,
        "next_year": [1],
    }
    assert read(**fields).ext == {"responses": fields}


def test_log_probabilities_are_asked_for_by_inclusion() -> None:
    include = ["message.output_text.logprobs"]
    assert read(include=include).sampling.logprobs == 0
    assert read(include=include, top_logprobs=3).sampling.logprobs == 3
    assert read(top_logprobs=3).sampling.logprobs is None


def test_the_safety_identifier_names_the_user() -> None:
    assert read(safety_identifier="s").user == "s"
    assert read(safety_identifier="s", user="u").user == "u"


def test_tools_from_the_input_are_declared_too() -> None:
    brought = {
        "type": "additional_tools",
        "role": "developer",
        "tools": [{"type": "function", "name": "g"}],
    }
    found = {"type": "tool_search_output", "call_id": "c", "tools": [
        {"type": "function", "name": "h"}, {"type": "function", "name": "f"}]}  # fmt: skip
    request = read(input=[brought, found], tools=[{"type": "function", "name": "f"}])
    assert [tool.name for tool in request.tools if isinstance(tool, ToolSpec)] == ["f", "g", "h"]


@pytest.mark.parametrize(
    "body",
    [
        {"model": "m", "previous_response_id": "resp_1"},
        {"model": "m", "conversation": "conv_1", "input": []},
        {"prompt": {"id": "pmpt_1"}},
        {"model": "m", "input": [], "generate": False},
    ],
)
def test_the_rest_of_a_conversation_may_be_known_to_the_server(body: JsonObject) -> None:
    assert decode_request(Match(Operation.CHAT), body).messages == ()


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"model": "m"}, "input"),
        ({"model": "m", "input": []}, "input"),
        ({"model": "m", "input": None, "previous_response_id": ""}, "input"),
        ({"input": "hi"}, "model"),
        ({"input": "hi", "model": ""}, "model"),
        ({"input": "hi", "model": 4}, "model"),
        ({"model": "m", "input": 4}, "input"),
    ],
)
def test_a_missing_field_is_named(body: JsonObject, where: str) -> None:
    with pytest.raises(GatewayError) as caught:
        decode_request(Match(Operation.CHAT), body)
    assert (caught.value.kind, caught.value.where) == (Kind.BAD_REQUEST, where)
