"""Which tools may be called, both ways."""

from __future__ import annotations

import pytest

from plexus.transforms.dialects.openai_responses.tool_choice import (
    decode_tool_choice,
    encode_tool_choice,
)
from plexus.transforms.ir import ChatRequest, ToolChoice, ToolSpec
from plexus.transforms.wire import Json

TOOLS = (ToolSpec(name="f"), ToolSpec(name="x", kind="custom"))


@pytest.mark.parametrize(
    ("raw", "mode", "names"),
    [
        ("auto", "auto", ()),
        ("none", "none", ()),
        ("required", "required", ()),
        ({"type": "function", "name": "f"}, "named", ("f",)),
        ({"type": "custom", "name": "x"}, "named", ("x",)),
        ({"type": "function", "name": "spawn", "namespace": "agents"}, "named",
         ("agents__spawn",)),
        ({"type": "allowed_tools", "mode": "required", "tools": [
            {"type": "function", "name": "f"}, {"type": "mcp", "server_label": "s"}]},
         "allowed", ("f",)),
        ({"type": "web_search"}, "auto", ()),
        ({"type": "mcp", "server_label": "s", "name": "n"}, "auto", ()),
        ("whatever", "auto", ()),
    ],
)  # fmt: skip
def test_a_choice_is_read_and_written_back(raw: Json, mode: str, names: tuple[str, ...]) -> None:
    choice = decode_tool_choice(raw)
    assert choice is not None
    assert (choice.mode, choice.names) == (mode, names)
    request = ChatRequest(model="m", messages=(), tools=TOOLS, tool_choice=choice)
    assert encode_tool_choice(request) == raw


@pytest.mark.parametrize("raw", [None, 3, []])
def test_no_choice_is_none(raw: Json) -> None:
    assert decode_tool_choice(raw) is None


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (ToolChoice(mode="required"), "required"),
        (ToolChoice(mode="named", names=("f",)), {"type": "function", "name": "f"}),
        (ToolChoice(mode="named", names=("x",)), {"type": "custom", "name": "x"}),
        (ToolChoice(mode="named"), "required"),
        (ToolChoice(mode="allowed", names=("f", "x")), {
            "type": "allowed_tools", "mode": "auto",
            "tools": [{"type": "function", "name": "f"}, {"type": "custom", "name": "x"}]}),
        (ToolChoice(mode="allowed", names=("f",), required=True), {
            "type": "allowed_tools", "mode": "required",
            "tools": [{"type": "function", "name": "f"}]}),
    ],
)  # fmt: skip
def test_another_formats_choice_is_written_flat(choice: ToolChoice, expected: Json) -> None:
    request = ChatRequest(model="m", messages=(), tools=TOOLS, tool_choice=choice)
    assert encode_tool_choice(request) == expected
