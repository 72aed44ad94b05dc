"""Tools and tool choices are read."""

from __future__ import annotations

import pytest

from plexus.transforms.dialects.anthropic.tools_decode import (
    decode_choice,
    decode_parallel,
    decode_tools,
)
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import CacheMark, ServerTool, ToolChoice, ToolSpec
from plexus.transforms.wire import Json, JsonObject

SCHEMA: JsonObject = {"type": "object", "properties": {"q": {"type": "string"}}}


@pytest.mark.parametrize(
    ("raw", "tool"),
    [
        (
            {"name": "f", "description": "d", "input_schema": SCHEMA, "strict": True},
            ToolSpec(name="f", description="d", schema=SCHEMA, strict=True),
        ),
        (
            {
                "type": "custom",
                "name": "f",
                "input_schema": SCHEMA,
                "defer_loading": True,
                "cache_control": {"type": "ephemeral"},
            },
            ToolSpec(
                name="f",
                schema=SCHEMA,
                cache=CacheMark(),
                ext={"messages": {"type": "custom", "defer_loading": True}},
            ),
        ),
        ({"name": "f"}, ToolSpec(name="f")),
    ],
)
def test_a_client_tool_is_read(raw: JsonObject, tool: ToolSpec) -> None:
    assert decode_tools([raw]) == (tool,)


@pytest.mark.parametrize(
    ("dated", "purpose"),
    [
        ("web_search_20250305", "web_search"),
        ("web_search_20260318", "web_search"),
        ("web_fetch_20250910", "url_context"),
        ("code_execution_20260120", "code_execution"),
        ("mcp_toolset", "mcp"),
        ("text_editor_20250728", "other"),
        ("tool_search_tool_bm25_20251119", "other"),
    ],
)
def test_a_dated_tool_keeps_its_form_and_tells_its_purpose(dated: str, purpose: str) -> None:
    raw: JsonObject = {"type": dated, "name": "t", "max_uses": 3}
    (tool,) = decode_tools([raw])
    assert isinstance(tool, ServerTool)
    assert (tool.dialect, tool.raw, tool.purpose) == ("messages", raw, purpose)


@pytest.mark.parametrize(
    ("value", "where"),
    [({}, "tools"), ([3], "tools[0]"), ([{"name": "f"}, {"description": "d"}], "tools[1].name")],
)
def test_a_tool_that_is_none_is_refused_by_name(value: Json, where: str) -> None:
    with pytest.raises(GatewayError) as caught:
        decode_tools(value)
    assert (caught.value.kind, caught.value.where) == (Kind.BAD_REQUEST, where)


def test_no_tools_are_no_tools() -> None:
    assert decode_tools(None) == decode_tools([]) == ()


@pytest.mark.parametrize(
    ("value", "choice"),
    [
        ({"type": "auto"}, ToolChoice(mode="auto")),
        ({"type": "any"}, ToolChoice(mode="required")),
        ({"type": "none"}, ToolChoice(mode="none")),
        ({"type": "tool", "name": "f"}, ToolChoice(mode="named", names=("f",))),
        ("any", ToolChoice(mode="required")),
        (
            {"type": "auto", "novelty": 1, "disable_parallel_tool_use": True},
            ToolChoice(mode="auto", ext={"messages": {"novelty": 1}}),
        ),
        ({"type": "tool"}, None),
        ({"type": "unheard_of"}, None),
        (3, None),
        (None, None),
    ],
)
def test_a_tool_choice_is_read(value: Json, choice: ToolChoice | None) -> None:
    assert decode_choice(value) == choice


@pytest.mark.parametrize(
    ("value", "parallel"),
    [
        ({"type": "auto", "disable_parallel_tool_use": True}, False),
        ({"type": "auto", "disable_parallel_tool_use": False}, True),
        ({"type": "auto"}, None),
        ("auto", None),
    ],
)
def test_parallel_calls_are_the_opposite_of_disabled_ones(
    value: Json, parallel: bool | None
) -> None:
    assert decode_parallel(value) is parallel
