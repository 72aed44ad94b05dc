"""Tools and the choice among them are written as the provider knows them."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.codec import Traits
from plexus.transforms.ir import CacheMark, ServerTool, ToolCall, ToolChoice, ToolSpec
from plexus.transforms.names import OPENAI, legal_name
from tests.transforms.dialects.openai_chat.making import (
    OFFICIAL,
    again,
    body,
    decoded,
    encoded,
    foreign,
    noted,
    said,
)

F = {"type": "function", "function": {"name": "f"}}


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [{"type": "function", "function": {"name": "f", "parameters": {}, "x": None}}]},
        {"tools": [{"type": "custom", "custom": {"name": "f", "format": {"type": "text"}}}]},
        {"tools": [{"type": "openrouter:web_search", "parameters": {"n": 1}}]},
        {"functions": [{"name": "f", "description": ""}], "function_call": {"name": "f"}},
        {"tools": [F], "tool_choice": "any", "parallel_tool_calls": False},
        {"tools": [F], "tool_choice": {"type": "allowed_tools", "allowed_tools": {
            "mode": "auto", "tools": [F]}}},
        {"tools": [F], "tool_choice": {"type": "function", "function": {"name": "f"}, "x": 1}},
        {"web_search_options": {}},
    ],
)  # fmt: skip
def test_tools_go_back_as_they_were(fields: Any) -> None:
    assert again(body(**fields)) == body(**fields)


def test_a_foreign_tool_is_a_function() -> None:
    spec = ToolSpec(name="f", description="d", schema={"type": "object"}, strict=False)

    assert encoded(foreign(tools=(spec,)))["tools"] == [
        {
            "type": "function",
            "function": {
                "name": "f",
                "description": "d",
                "parameters": {"type": "object"},
                "strict": False,
            },
        }
    ]


def test_a_foreign_custom_tool_is_openais_too_but_a_function_elsewhere() -> None:
    request = foreign(
        tools=(ToolSpec(name="sh", description="d", kind="custom"),),
        tool_choice=ToolChoice(mode="named", names=("sh",)),
    )

    official, other = encoded(request, OFFICIAL), encoded(request)

    assert official["tools"] == [{"type": "custom", "custom": {"name": "sh", "description": "d"}}]
    assert official["tool_choice"] == {"type": "custom", "custom": {"name": "sh"}}
    assert other["tools"][0]["function"]["parameters"]["properties"] == {
        "input": {"type": "string"}
    }
    assert other["tool_choice"] == {"type": "function", "function": {"name": "sh"}}
    assert noted(request) == ["coerced tools[0] (custom tool as a function of one string)"]


def test_another_vendors_server_tool_is_dropped_and_named() -> None:
    request = foreign(
        tools=(ServerTool(dialect="messages", raw={"type": "bash_20250124", "name": "bash"}),)
    )

    assert "tools" not in encoded(request)
    assert noted(request) == ["dropped tools[0] (messages server tool bash_20250124)"]


def test_cache_marks_go_where_they_are_taken() -> None:
    request = foreign(tools=(ToolSpec(name="f", cache=CacheMark(ttl="1h")),))

    marked = encoded(request, Traits(cache_marks=True))

    assert marked["tools"][0]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}
    assert "cache_control" not in encoded(request)["tools"][0]
    assert noted(request) == ["dropped tools[0].cache"]


@pytest.mark.parametrize("mode", ["auto", "none", "required"])
def test_a_simple_choice_is_a_word(mode: Any) -> None:
    request = foreign(tools=(ToolSpec(name="f"),), tool_choice=ToolChoice(mode=mode))

    assert encoded(request)["tool_choice"] == mode


def test_a_choice_among_some_is_openais_or_leaves_the_others_out() -> None:
    request = foreign(
        tools=(ToolSpec(name="a"), ToolSpec(name="b")),
        tool_choice=ToolChoice(mode="allowed", names=("b",), required=True),
    )

    official, other = encoded(request, OFFICIAL), encoded(request)

    assert len(official["tools"]) == 2
    assert official["tool_choice"] == {
        "type": "allowed_tools",
        "allowed_tools": {
            "mode": "required",
            "tools": [{"type": "function", "function": {"name": "b"}}],
        },
    }
    assert [tool["function"]["name"] for tool in other["tools"]] == ["b"]
    assert other["tool_choice"] == "required"


@pytest.mark.parametrize("mode", ["required", "auto"])
def test_without_tools_there_is_no_choice(mode: Any) -> None:
    request = foreign(tool_choice=ToolChoice(mode=mode), parallel_tools=False)

    written = encoded(request)

    assert written.keys() == {"model", "messages"}
    assert noted(request) == (
        ["dropped tool_choice (there are no tools)"] if mode == "required" else []
    )


def test_a_named_choice_without_a_name_says_nothing() -> None:
    request = foreign(tools=(ToolSpec(name="f"),), tool_choice=ToolChoice(mode="named"))

    assert "tool_choice" not in encoded(request)


def test_a_custom_tools_grammar_has_an_object_of_its_own_in_chat() -> None:
    flat: Any = {"type": "grammar", "syntax": "regex", "definition": "a+"}
    tool = ToolSpec(name="x", kind="custom", format=flat)
    raw = encoded(foreign(tools=(tool,)), OFFICIAL)
    assert raw["tools"][0]["custom"]["format"] == {
        "type": "grammar",
        "grammar": {"syntax": "regex", "definition": "a+"},
    }
    assert decoded(raw).tools[0].format == flat  # type: ignore[union-attr]  # a client's tool


def test_strictness_over_an_open_schema_which_openai_refuses_is_given_up() -> None:
    tool = ToolSpec(name="g", schema={"type": "object", "properties": {"a": {}}}, strict=True)
    assert encoded(foreign(tools=(tool,)))["tools"][0]["function"]["strict"] is False
    assert noted(foreign(tools=(tool,))) == [
        "coerced tools[0].strict (off: OpenAI's strict schemas leave nothing open)"
    ]


def test_a_name_that_openai_refuses_is_changed_wherever_it_stands() -> None:
    request = foreign(
        said("assistant", ToolCall(id="c", name="fs.read", arguments="{}")),
        tools=(ToolSpec(name="fs.read"), ToolSpec(name="x" * 65, kind="custom")),
        tool_choice=ToolChoice(mode="named", names=("fs.read",)),
    )
    legal = legal_name("fs.read", OPENAI)

    raw = encoded(request)

    assert [tool["function"]["name"] for tool in raw["tools"]] == [
        legal,
        legal_name("x" * 65, OPENAI),
    ]
    assert raw["tool_choice"] == {"type": "function", "function": {"name": legal}}
    assert raw["messages"][0]["tool_calls"][0]["function"]["name"] == legal
    assert f"coerced tools[0].name (OpenAI knows it as {legal})" in noted(request)


def test_a_chat_clients_own_names_are_left_to_its_provider() -> None:
    tool = {"type": "function", "function": {"name": "fs.read"}}
    raw = body(tools=[tool], tool_choice=tool)

    assert again(raw) == raw


def test_a_choice_among_some_names_them_as_openai_knows_them() -> None:
    request = foreign(
        tools=(ToolSpec(name="fs.read"), ToolSpec(name="b")),
        tool_choice=ToolChoice(mode="allowed", names=("fs.read",)),
    )

    assert encoded(request, OFFICIAL)["tool_choice"]["allowed_tools"]["tools"] == [
        {"type": "function", "function": {"name": legal_name("fs.read", OPENAI)}}
    ]
