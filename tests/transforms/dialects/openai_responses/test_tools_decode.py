"""Tools as clients declare them."""

from __future__ import annotations

import pytest

from plexus.transforms.dialects.openai_responses.tools_decode import (
    decode_tools,
    flat_name,
    lift_tools,
    tool_items,
)
from plexus.transforms.ir import Message, Opaque, ServerTool, ToolSpec
from plexus.transforms.wire import JsonObject

FUNCTION: JsonObject = {
    "type": "function",
    "name": "f",
    "description": "does f",
    "parameters": {"type": "object"},
    "strict": False,
    "defer_loading": True,
}


def test_a_function_is_flat_and_keeps_what_is_new() -> None:
    assert decode_tools([FUNCTION]) == (
        ToolSpec(
            name="f",
            description="does f",
            schema={"type": "object"},
            strict=False,
            ext={"responses": {"tool": {"defer_loading": True}}},
        ),
    )


def test_a_custom_tool_keeps_its_grammar() -> None:
    grammar: JsonObject = {"type": "grammar", "syntax": "lark", "definition": "start: /./"}
    (tool,) = decode_tools([{"type": "custom", "name": "x", "format": grammar}])
    assert tool == ToolSpec(
        name="x", kind="custom", format=grammar, ext={"responses": {"tool": {}}}
    )


def test_a_null_is_not_an_absence() -> None:
    (tool,) = decode_tools([{"type": "function", "name": "f", "parameters": None}])
    assert isinstance(tool, ToolSpec)
    assert tool.ext == {"responses": {"tool": {"parameters": None}}}


def test_a_namespace_becomes_one_tool_per_member() -> None:
    group: JsonObject = {
        "type": "namespace",
        "name": "agents",
        "description": "all of them",
        "tools": [{"type": "function", "name": "spawn"}, {"type": "custom", "name": "say"}],
    }
    spawn, say = decode_tools([group])
    assert isinstance(spawn, ToolSpec)
    assert isinstance(say, ToolSpec)
    assert (spawn.name, spawn.kind) == ("agents__spawn", "function")
    assert (say.name, say.kind) == ("agents__say", "custom")
    kept = {"tool": {}, "group": group, "namespace": "agents", "name": "spawn"}
    assert spawn.ext == {"responses": kept}


@pytest.mark.parametrize(
    ("tool", "purpose"),
    [
        ({"type": "web_search"}, "web_search"),
        ({"type": "web_search_preview_2025_03_11"}, "web_search"),
        ({"type": "code_interpreter", "container": {"type": "auto"}}, "code_execution"),
        ({"type": "mcp", "server_label": "x"}, "mcp"),
        ({"type": "tool_search"}, "other"),
        ({"type": "namespace", "name": "empty", "tools": []}, "other"),
        ({"type": "function"}, "other"),
        ({}, "other"),
    ],
)
def test_what_the_provider_runs_stays_whole(tool: JsonObject, purpose: str) -> None:
    (found,) = decode_tools([tool])
    assert isinstance(found, ServerTool)
    assert (found.dialect, found.raw, found.purpose) == ("responses", tool, purpose)


def test_what_is_no_object_is_no_tool() -> None:
    assert decode_tools([None, 1, "f", []]) == ()


def test_tools_that_come_along_are_lifted_once() -> None:
    item: JsonObject = {"tools": [FUNCTION, {"type": "function", "name": "g"}, {"type": "mcp"}]}
    known = {"f"}
    lifted = list(lift_tools(item, known))
    assert lifted == [
        ToolSpec(name="g", ext={"responses": {"tool": {}, "lifted": True}}),
        ServerTool(dialect="responses", raw={"type": "mcp"}, purpose="mcp"),
    ]
    assert known == {"f", "g"}


def test_tools_come_along_in_two_kinds_of_items() -> None:
    given: JsonObject = {"type": "additional_tools", "tools": []}
    found: JsonObject = {"type": "tool_search_output", "tools": []}
    other = Opaque(dialect="responses", raw={"type": "web_search_call"})
    message = Message(
        role="developer",
        parts=(Opaque(dialect="responses", raw=found), other),
        ext={"responses": {"raw": given}},
    )
    assert tool_items(message) == [given, found]


def test_a_flat_name_is_one_that_others_take() -> None:
    assert flat_name("agents", "spawn") == "agents__spawn"
    assert flat_name("f", "f") == "f"
    assert len(flat_name("n" * 60, "tool")) == 64
