"""Clients' requests are read field by field, and refused by name."""

from __future__ import annotations

import pytest

from plexus.transforms.codec import Match, Operation
from plexus.transforms.dialects.anthropic.request_decode import decode_request
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import (
    CacheMark,
    ChatRequest,
    Message,
    OutputFormat,
    Reasoning,
    Sampling,
    Seal,
    Text,
    ToolCall,
    ToolChoice,
    ToolSpec,
)
from plexus.transforms.wire import Json, JsonObject
from tests.transforms.dialects.anthropic.factories import CHAT, native, write

HI: JsonObject = {"role": "user", "content": "hi"}


SCHEMA: JsonObject = {"type": "object", "properties": {}}
EVERY_FIELD: JsonObject = {
    "model": "claude",
    "max_tokens": 100,
    "system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}],
    "messages": [HI, {"role": "assistant", "content": [{"type": "text", "text": "yes"}]}],
    "tools": [{"name": "f", "input_schema": SCHEMA}],
    "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
    "thinking": {"type": "adaptive"},
    "output_config": {
        "effort": "high",
        "format": {"type": "json_schema", "schema": SCHEMA},
        "task_budget": {"total": 1},
    },
    "temperature": 0,
    "top_p": 0.9,
    "top_k": 4,
    "stop_sequences": ["x"],
    "stream": True,
    "metadata": {"user_id": "u", "novelty": 1},
    "service_tier": "standard_only",
    "cache_control": {"type": "ephemeral"},
    "container": "c",
    "diagnostics": {},
    "inference_geo": None,
}


def test_every_field_finds_its_place() -> None:
    request = decode_request(CHAT, EVERY_FIELD)
    assert request == ChatRequest(
        model="claude",
        max_output=100,
        system=(Text(text="s", cache=CacheMark()),),
        messages=(
            Message(role="user", parts=(Text(text="hi"),)),
            Message(role="assistant", parts=(Text(text="yes"),)),
        ),
        tools=(ToolSpec(name="f", schema=SCHEMA),),
        tool_choice=ToolChoice(mode="required"),
        parallel_tools=False,
        reasoning=Reasoning(
            mode="adaptive",
            effort="high",
            show=True,
            ext={"messages": {"thinking": {"type": "adaptive"}}},
        ),
        output=OutputFormat(kind="schema", schema=SCHEMA),
        sampling=Sampling(temperature=0, top_p=0.9, top_k=4, stop=("x",)),
        stream=True,
        include_usage=True,
        user="u",
        tier="default",
        cache=CacheMark(),
        ext={
            "messages": {
                "container": "c",
                "diagnostics": {},
                "output_config": {"task_budget": {"total": 1}},
                "metadata": {"novelty": 1},
            }
        },
    )


def test_a_plain_request_says_only_that_it_is_native() -> None:
    assert native().ext == {"messages": {}}


def test_a_system_prompt_in_the_conversation_stays_there() -> None:
    messages: Json = [HI, {"role": "system", "content": "be brief", "novelty": 1}]
    assert native(messages=messages).messages[1] == Message(
        role="system", parts=(Text(text="be brief"),), ext={"messages": {"novelty": 1}}
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"temperature": "hot"},
        {"stop_sequences": "x"},
        {"tool_choice": {"type": "unheard_of"}},
        {"service_tier": "unheard_of"},
        {"output_config": {"effort": 3, "format": {"type": "unheard_of"}}},
        {"metadata": "x"},
        {"stream": "yes"},
    ],
)
def test_what_is_not_understood_is_passed_on(fields: dict[str, Json]) -> None:
    request = native(**fields)
    assert request.ext["messages"] == fields
    assert {key: write(request)[key] for key in fields} == fields


@pytest.mark.parametrize("field", ["output_format", "output_config"])
def test_the_betas_name_for_the_output_format_is_known(field: str) -> None:
    shape: JsonObject = {"type": "json_schema", "schema": {"type": "object"}}
    value: JsonObject = shape if field == "output_format" else {"format": shape}
    request = native(**{field: value})
    assert request.output == OutputFormat(kind="schema", schema={"type": "object"})
    assert write(request)["output_config"] == {"format": shape}
    assert "output_format" not in write(request)


@pytest.mark.parametrize(
    ("system", "read"),
    [(None, ()), ("", ()), ("s", (Text(text="s"),)), (["s"], (Text(text="s"),)), ([], ())],
)
def test_a_system_prompt_may_be_short(system: Json, read: tuple[Text, ...]) -> None:
    assert native(system=system).system == read


def test_an_empty_text_is_no_part() -> None:
    assert native(messages=[{"role": "user", "content": ""}]).messages[0].parts == ()
    assert native(messages=[{"role": "user", "content": ["a"]}]).messages[0].parts == (
        Text(text="a"),
    )


def test_arguments_keep_their_order_and_numbers() -> None:
    use: JsonObject = {"type": "tool_use", "id": "1", "name": "f", "input": {"b": 2**70, "a": 1}}
    (part,) = native(messages=[{"role": "assistant", "content": [use]}]).messages[0].parts
    assert isinstance(part, ToolCall)
    assert part.arguments == '{"b":1180591620717411303424,"a":1}'


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"model": None}, "model"),
        ({"max_tokens": None}, "max_tokens"),
        ({"max_tokens": "many"}, "max_tokens"),
        ({"messages": None}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": {}}, "messages"),
        ({"messages": ["hi"]}, "messages[0]"),
        ({"messages": [HI, {"role": "tool", "content": "x"}]}, "messages[1].role"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [3]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "user", "content": [{}]}]}, "messages[0].content[0].type"),
        (
            {"messages": [{"role": "user", "content": [{"type": "text"}]}]},
            "messages[0].content[0].text",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "tool_result"}]}]},
            "messages[0].content[0].tool_use_id",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "tool_use", "id": "1"}]}]},
            "messages[0].content[0].name",
        ),
        ({"system": 3}, "system"),
        ({"system": [{"type": "image"}]}, "system[0]"),
        ({"tools": "all"}, "tools"),
    ],
)
def test_a_field_that_is_wrong_is_named(fields: JsonObject, where: str) -> None:
    body: JsonObject = {"model": "claude", "max_tokens": 1, "messages": [HI], **fields}
    with pytest.raises(GatewayError) as caught:
        decode_request(CHAT, body)
    assert (caught.value.kind, caught.value.where) == (Kind.BAD_REQUEST, where)
    assert where in caught.value.message


def test_counting_tokens_needs_no_limit() -> None:
    body: JsonObject = {"model": "claude", "messages": [HI]}
    assert decode_request(Match(Operation.COUNT_TOKENS), body).max_output is None


def test_the_model_may_stand_in_the_address() -> None:
    body: JsonObject = {"max_tokens": 1, "messages": [HI]}
    assert decode_request(Match(Operation.CHAT, model="claude"), body).model == "claude"


def test_a_seal_that_travelled_beside_a_call_is_on_the_call_again() -> None:
    travelling: JsonObject = {"type": "redacted_thinking", "data": "gw1.gemini.thought.eA.dF8x"}
    use: JsonObject = {"type": "tool_use", "id": "t_1", "name": "f", "input": {}}
    sealed = ToolCall(
        id="t_1", name="f", arguments="{}", seal=Seal(dialect="gemini", kind="thought", data="x")
    )
    for content in ([travelling, use], [use, travelling]):
        turn: JsonObject = {"role": "assistant", "content": [*content]}
        assert native(messages=[HI, turn]).messages[1].parts == (sealed,)
