"""Tools and tool choices are written as the provider takes them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plexus.transforms.codec import Traits
from plexus.transforms.ir import CacheMark, ChatRequest, ServerTool, ToolChoice, ToolSpec
from plexus.transforms.wire import Json, JsonObject
from tests.transforms.dialects.anthropic.factories import (
    OFFICIAL,
    ask,
    assistant,
    call,
    native,
    notes,
    result,
    user,
    write,
)

SCHEMA: JsonObject = {
    "type": "object",
    "properties": {"q": {"type": "string", "minLength": 1}},
    "required": ["q"],
}
COMPATIBLE = Traits()


def test_a_tool_is_written() -> None:
    tool = ToolSpec(name="f", description="d", schema=SCHEMA, cache=CacheMark(), strict=False)
    assert tools(tool) == [
        {
            "name": "f",
            "description": "d",
            "input_schema": SCHEMA,
            "cache_control": {"type": "ephemeral"},
        }
    ]


def test_a_tool_without_parameters_gets_an_empty_object() -> None:
    assert tools(ToolSpec(name="f")) == [
        {"name": "f", "input_schema": {"type": "object", "properties": {}}}
    ]


def test_a_foreign_strict_tool_gets_a_schema_that_can_be_held() -> None:
    tool = ToolSpec(name="f", schema=SCHEMA, strict=True)
    assert tools(tool) == [
        {
            "name": "f",
            "input_schema": {
                "type": "object",
                "properties": {"q": {"type": "string", "description": "minLength: 1"}},
                "required": ["q"],
                "additionalProperties": False,
            },
            "strict": True,
        }
    ]
    request = replace(ask(), tools=(tool,))
    assert "tools[0].strict" in notes(request, Traits(structured_output=False))[0]


def test_a_native_tool_stays_as_it_is() -> None:
    raw: JsonObject = {
        "type": "custom",
        "name": "f",
        "input_schema": {"anyOf": []},
        "strict": True,
        "input_examples": [{}],
    }
    assert write(native(tools=[raw]))["tools"] == [raw]


def test_alternatives_at_the_top_are_put_together_and_noted() -> None:
    request = replace(ask(), tools=(ToolSpec(name="f", schema={"anyOf": [SCHEMA]}),))
    assert notes(request) == ["coerced tools[0].schema"]


def test_a_custom_tool_is_wrapped_and_its_grammar_told() -> None:
    grammar: JsonObject = {"type": "grammar", "syntax": "lark", "definition": "start: WORD"}
    tool = ToolSpec(name="exec", description="d", kind="custom", format=grammar)
    (written,) = tools(tool)
    assert written == {
        "name": "exec",
        "description": "d",
        "input_schema": {
            "type": "object",
            "properties": {
                "input": {
                    "type": "string",
                    "description": "The whole input of the tool, as it is. "
                    "It must match this lark grammar:\nstart: WORD",
                }
            },
            "required": ["input"],
        },
    }
    assert notes(replace(ask(), tools=(tool,))) == ["coerced tools[0]"]


def test_a_name_that_is_no_name_is_replaced_everywhere() -> None:
    request = replace(
        ask(user("hi"), assistant(call(name="ns.f")), user(result())),
        tools=(ToolSpec(name="ns.f"),),
        tool_choice=ToolChoice(mode="named", names=("ns.f",)),
    )
    body = write(request)
    assert isinstance(body["tools"], list)
    (tool,) = body["tools"]
    assert isinstance(tool, dict)
    assert body["tool_choice"] == {"type": "tool", "name": tool["name"]}
    assert f'"name": "{tool["name"]}"' in str(body["messages"]).replace("'", '"')
    assert notes(request) == ["coerced tools[0].name"]


def test_of_two_tools_with_one_name_the_last_stands() -> None:
    first, last = ToolSpec(name="f", description="1"), ToolSpec(name="f", description="2")
    (tool,) = tools(first, last)
    assert tool["description"] == "2"
    assert notes(replace(ask(), tools=(first, last))) == ["dropped tools[1]"]


@pytest.mark.parametrize(
    ("raw", "limits"),
    [
        ({"type": "web_search", "search_context_size": "low"}, {}),
        (
            {
                "type": "web_search",
                "user_location": {"type": "approximate", "city": "Bonn", "country": None},
                "filters": {"allowed_domains": ["a.example"]},
            },
            {
                "user_location": {"type": "approximate", "city": "Bonn"},
                "allowed_domains": ["a.example"],
            },
        ),
        (
            {"user_location": {"type": "approximate", "approximate": {"country": "DE"}}},
            {"user_location": {"type": "approximate", "country": "DE"}},
        ),
    ],
)
def test_a_foreign_web_search_becomes_anthropics(raw: JsonObject, limits: JsonObject) -> None:
    tool = ServerTool(dialect="responses", raw=raw, purpose="web_search")
    assert tools(tool) == [{"type": "web_search_20250305", "name": "web_search", **limits}]
    assert notes(replace(ask(), tools=(tool,))) == ["coerced tools[0]"]


def test_other_foreign_server_tools_are_dropped_with_a_note() -> None:
    tool = ServerTool(dialect="gemini", raw={"codeExecution": {}}, purpose="code_execution")
    request = replace(ask(), tools=(tool,))
    assert "tools" not in write(request)
    assert notes(request) == ["dropped tools[0]"]


def test_dated_tools_go_to_anthropic_only() -> None:
    raw: JsonObject = {"type": "web_search_20250305", "name": "web_search", "max_uses": 2}
    request = native(tools=[raw])
    assert write(request)["tools"] == [raw]
    assert "tools" not in write(request, COMPATIBLE)
    assert notes(request, COMPATIBLE) == ["dropped tools[0]"]


@pytest.mark.parametrize(
    ("choice", "parallel", "written"),
    [
        (None, None, None),
        (ToolChoice(mode="auto"), None, {"type": "auto"}),
        (ToolChoice(mode="required"), True, {"type": "any"}),
        (ToolChoice(mode="none"), False, {"type": "none"}),
        (ToolChoice(mode="named", names=("f",)), None, {"type": "tool", "name": "f"}),
        (ToolChoice(mode="named", names=("lost",)), None, None),
        (ToolChoice(mode="named"), None, None),
        (ToolChoice(mode="allowed", names=("f",)), None, {"type": "auto"}),
        (ToolChoice(mode="allowed", names=("f",), required=True), None, {"type": "any"}),
        (None, False, {"type": "auto", "disable_parallel_tool_use": True}),
        (
            ToolChoice(mode="required"),
            False,
            {"type": "any", "disable_parallel_tool_use": True},
        ),
    ],
)
def test_a_choice_is_written(
    choice: ToolChoice | None, parallel: bool | None, written: Json
) -> None:
    request = replace(
        ask(), tools=(ToolSpec(name="f"),), tool_choice=choice, parallel_tools=parallel
    )
    assert write(request).get("tool_choice") == written


def test_of_allowed_tools_only_those_are_shown() -> None:
    request = replace(
        ask(),
        tools=(ToolSpec(name="f"), ToolSpec(name="g")),
        tool_choice=ToolChoice(mode="allowed", names=("g",)),
    )
    assert [tool["name"] for tool in written_tools(request)] == ["g"]
    assert notes(request) == ["coerced tool_choice"]


def test_a_choice_of_a_tool_that_is_not_there_is_noted() -> None:
    choice = ToolChoice(mode="named", names=("lost",))
    request = replace(ask(), tools=(ToolSpec(name="f"),), tool_choice=choice)
    assert notes(request) == ["dropped tool_choice"]


def test_without_tools_there_is_no_choice() -> None:
    request = replace(ask(), tool_choice=ToolChoice(mode="required"), parallel_tools=False)
    assert "tool_choice" not in write(request)
    assert notes(request) == ["dropped tool_choice"]
    silent = replace(ask(), tool_choice=ToolChoice(mode="none"))
    assert notes(silent) == []


def test_a_compatible_server_gets_the_tools_of_earlier_calls() -> None:
    request = ask(user("hi"), assistant(call()), user(result()))
    assert "tools" not in write(request, OFFICIAL)
    body = write(request, COMPATIBLE)
    assert body["tools"] == [{"name": "look", "input_schema": {"type": "object", "properties": {}}}]
    assert body["tool_choice"] == {"type": "none"}
    assert notes(request, COMPATIBLE) == ["invented tools"]


def tools(*specs: ToolSpec | ServerTool) -> list[JsonObject]:
    """The tools as they go to Anthropic."""
    return written_tools(replace(ask(), tools=specs))


def written_tools(request: ChatRequest) -> list[JsonObject]:
    """The tools of a request as they go to Anthropic."""
    listed = write(request)["tools"]
    assert isinstance(listed, list)
    return [tool for tool in listed if isinstance(tool, dict)]
