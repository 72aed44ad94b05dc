"""Which tools the demo model may call."""

from __future__ import annotations

import pytest

from plexus.addons.upstream.embedded_tools import Choice, Tool, called, read_tools
from plexus.transforms.errors import GatewayError, Kind

SCHEMA = {"type": "object"}
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}
SHELL = {"type": "custom", "custom": {"name": "shell"}}
TOOLS = [WEATHER, SHELL]
WEATHER_TOOL = Tool(name="weather", kind="function", schema=SCHEMA)
SHELL_TOOL = Tool(name="shell", kind="custom", schema=None)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (None, Choice(tools=(WEATHER_TOOL, SHELL_TOOL))),
        ("auto", Choice(tools=(WEATHER_TOOL, SHELL_TOOL))),
        ("required", Choice(tools=(WEATHER_TOOL, SHELL_TOOL))),
        ("none", Choice(tools=())),
        ({"type": "custom", "custom": {"name": "shell"}}, Choice(tools=(SHELL_TOOL,), named=True)),
        (
            {"type": "function", "function": {"name": "weather"}},
            Choice(tools=(WEATHER_TOOL,), named=True),
        ),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [SHELL]}},
            Choice(tools=(SHELL_TOOL,)),
        ),
    ],
)
def test_tool_choice_says_which_tools_are_left(choice, expected):
    assert read_tools({"tools": TOOLS, "tool_choice": choice}) == expected


def test_no_tools_leave_no_choice():
    assert read_tools({}) == Choice(tools=())


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"tools": "weather"}, "tools"),
        ({"tools": [WEATHER, 7]}, "tools[1]"),
        ({"tools": [{"type": "function"}]}, "tools[0]"),
        ({"tools": [{"type": "function", "function": {}}]}, "tools[0].function.name"),
        ({"tools": [{"type": "custom", "custom": {}}]}, "tools[0].custom.name"),
        ({"tools": [{"type": "web_search"}]}, "tools[0]"),
        ({"tool_choice": "required"}, "tools"),
        ({"tools": TOOLS, "tool_choice": "sometimes"}, "tool_choice"),
        ({"tools": TOOLS, "tool_choice": {"function": {"name": "clock"}}}, "tool_choice"),
        ({"tools": TOOLS, "tool_choice": {}}, "tool_choice"),
    ],
)
def test_what_is_wrong_is_named(body, where):
    with pytest.raises(GatewayError) as caught:
        read_tools(body)

    assert (caught.value.kind, caught.value.where) == (Kind.BAD_REQUEST, where)
    assert caught.value.message.startswith(where)


def test_an_unknown_tool_is_told_the_known_ones():
    with pytest.raises(GatewayError, match="weather, shell") as caught:
        read_tools({"tools": TOOLS, "tool_choice": {"function": {"name": "clock"}}})

    assert "'clock'" in caught.value.message


@pytest.mark.parametrize(
    ("call", "name"),
    [(WEATHER, "weather"), (SHELL, "shell"), ({}, None), ({"function": {"name": 3}}, None)],
)
def test_calls_tools_and_choices_hold_the_name_alike(call, name):
    assert called(call) == name
