"""Tools and the choice among them are read, new kinds and old."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.dialects.openai_chat.tools_decode import (
    decode_choice,
    decode_tools,
    is_legacy,
)
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import CacheMark, ServerTool, ToolChoice, ToolSpec


def _tool(**function: Any) -> Any:
    return {"type": "function", "function": {"name": "f", **function}}


def test_a_function_is_read_whole() -> None:
    left: Any = {
        "tools": [
            {
                **_tool(description="d", parameters={"type": "object"}, strict=True, x=1),
                "cache_control": {"type": "ephemeral"},
            }
        ]
    }

    (tool,) = decode_tools(left)

    assert left == {}
    assert isinstance(tool, ToolSpec)
    assert (tool.name, tool.description, tool.schema, tool.strict, tool.cache) == (
        "f", "d", {"type": "object"}, True, CacheMark(),
    )  # fmt: skip


def test_a_function_without_parameters_has_no_schema() -> None:
    (without,) = decode_tools({"tools": [_tool()]})
    (empty,) = decode_tools({"tools": [_tool(parameters={})]})

    assert isinstance(without, ToolSpec) and isinstance(empty, ToolSpec)
    assert (without.schema, empty.schema) == (None, {})


def test_a_custom_tool_is_one() -> None:
    raw: Any = {"type": "custom", "custom": {"name": "sh", "format": {"type": "text"}}}

    (tool,) = decode_tools({"tools": [raw]})

    assert isinstance(tool, ToolSpec)
    assert (tool.name, tool.kind) == ("sh", "custom")


def test_functions_of_old_are_tools_that_remember_it() -> None:
    (tool,) = decode_tools({"functions": [{"name": "f"}]})

    assert is_legacy(tool)
    assert not is_legacy(ServerTool(dialect="chat", raw={}))


@pytest.mark.parametrize(
    ("type_", "purpose"),
    [
        ("openrouter:web_search", "web_search"),
        ("browser_search", "web_search"),
        ("code_interpreter", "code_execution"),
        ("mcp", "mcp"),
        ("hologram", "other"),
    ],
)
def test_other_tools_are_the_providers(type_: str, purpose: Any) -> None:
    raw: Any = {"type": type_, "x": 1}

    assert decode_tools({"tools": [raw]}) == (ServerTool(dialect="chat", raw=raw, purpose=purpose),)


def test_web_search_options_are_a_search_tool() -> None:
    left: Any = {"web_search_options": {"search_context_size": "low"}}

    assert decode_tools(left) == (
        ServerTool(
            dialect="chat",
            raw={"web_search_options": {"search_context_size": "low"}},
            purpose="web_search",
        ),
    )
    assert left == {}


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"tools": [_tool(), {"type": "function", "function": {}}]}, "tools[1].function.name"),
        ({"tools": [{"type": "custom", "custom": {"name": 1}}]}, "tools[0].custom.name"),
        ({"functions": [{"description": "d"}]}, "functions[0].name"),
    ],
)
def test_a_tool_without_a_name_is_refused(body: Any, where: str) -> None:
    with pytest.raises(GatewayError) as caught:
        decode_tools(body)

    assert (caught.value.kind, caught.value.where) == (Kind.BAD_REQUEST, where)


@pytest.mark.parametrize("tools", [None, [], "all", [1]])
def test_tools_of_a_strange_type_stay(tools: Any) -> None:
    left = {"tools": tools}

    assert decode_tools(left) == ()
    assert left == {"tools": tools}


@pytest.mark.parametrize(
    ("body", "choice"),
    [
        ({"tool_choice": "auto"}, ("auto", ())),
        ({"tool_choice": "none"}, ("none", ())),
        ({"tool_choice": "required"}, ("required", ())),
        ({"tool_choice": "any"}, ("required", ())),
        ({"tool_choice": {"type": "function", "function": {"name": "f"}}}, ("named", ("f",))),
        ({"tool_choice": {"type": "custom", "custom": {"name": "f"}}}, ("named", ("f",))),
        ({"function_call": {"name": "f"}}, ("named", ("f",))),
        ({"function_call": "none"}, ("none", ())),
    ],
)
def test_a_choice_is_read(body: Any, choice: Any) -> None:
    left = dict(body)
    found = decode_choice(left)

    assert isinstance(found, ToolChoice)
    assert (found.mode, found.names) == choice
    assert left == {}


def test_a_choice_among_some_is_read() -> None:
    tools = [{"type": "function", "function": {"name": "a"}}, {"type": "custom", "name": "b"}]
    allowed: Any = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": tools}}

    found = decode_choice({"tool_choice": allowed})

    assert found is not None
    assert (found.mode, found.names, found.required) == ("allowed", ("a", "b"), True)


@pytest.mark.parametrize("value", [None, "sometimes", {}, {"type": "function"}, 3])
def test_a_strange_choice_stays(value: Any) -> None:
    left = {"tool_choice": value}

    assert decode_choice(left) is None
    assert left == {"tool_choice": value}
