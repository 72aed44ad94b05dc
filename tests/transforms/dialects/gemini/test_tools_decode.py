"""Tools and tool choices of Gemini clients."""

from __future__ import annotations

import pytest

from plexus.transforms.dialects.gemini.keys import mark
from plexus.transforms.dialects.gemini.tools_decode import (
    decode_choice,
    decode_tools,
    other_config,
)
from plexus.transforms.ir import ServerTool, ToolChoice, ToolSpec
from plexus.transforms.wire import Json, JsonObject


def choice(**config: Json) -> ToolChoice | None:
    return decode_choice({"toolConfig": {"functionCallingConfig": config}})


def test_a_function_in_geminis_schema_language_is_json_schema() -> None:
    schema: JsonObject = {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}
    tool: JsonObject = {
        "functionDeclarations": [{"name": "f", "description": "d", "parameters": schema}]
    }
    assert decode_tools([tool]) == (
        ToolSpec(
            name="f",
            description="d",
            schema={"type": "object", "properties": {"a": {"type": "string"}}},
            ext=mark({"parameters": schema}),
        ),
    )


def test_edge_case_63_json_schema_is_understood_in_either_spelling() -> None:
    schema: JsonObject = {"type": "object", "properties": {"a": {"type": ["string", "null"]}}}
    for key in ("parametersJsonSchema", "parameters_json_schema"):
        (tool,) = decode_tools([{"function_declarations": [{"name": "f", key: schema}]}])
        assert isinstance(tool, ToolSpec)
        assert tool.schema == schema


def test_of_both_schemas_json_schema_wins() -> None:
    declaration: JsonObject = {
        "name": "f",
        "parameters": {"type": "OBJECT"},
        "parametersJsonSchema": {"type": "object", "title": "mine"},
    }
    (tool,) = decode_tools([{"functionDeclarations": [declaration]}])
    assert isinstance(tool, ToolSpec)
    assert tool.schema == {"type": "object", "title": "mine"}
    assert tool.ext == mark({"parametersJsonSchema": {"type": "object", "title": "mine"}})


def test_a_function_may_take_nothing() -> None:
    (tool,) = decode_tools({"functionDeclarations": [{"name": "f", "behavior": "BLOCKING"}]})
    assert tool == ToolSpec(name="f", schema=None, ext=mark({"behavior": "BLOCKING"}))


@pytest.mark.parametrize(
    ("key", "purpose"),
    [
        ("googleSearch", "web_search"),
        ("google_search", "web_search"),
        ("codeExecution", "code_execution"),
        ("urlContext", "url_context"),
        ("mcpServers", "mcp"),
        ("fileSearch", "other"),
    ],
)
def test_built_in_tools_have_a_purpose(key: str, purpose: str) -> None:
    (tool,) = decode_tools([{key: {"x": 1}}])
    assert isinstance(tool, ServerTool)
    assert tool.purpose == purpose
    assert list(tool.raw.values()) == [{"x": 1}]


def test_one_tool_object_may_hold_several_tools() -> None:
    tools = decode_tools([{"functionDeclarations": [{"name": "f"}], "googleSearch": {}}, 7])
    assert [type(tool) for tool in tools] == [ToolSpec, ServerTool]


@pytest.mark.parametrize(
    ("mode", "names", "expected"),
    [
        ("AUTO", (), ToolChoice(mode="auto", ext=mark({}))),
        ("auto", (), ToolChoice(mode="auto", ext=mark({}))),
        (1, (), ToolChoice(mode="auto", ext=mark({}))),
        ("NONE", (), ToolChoice(mode="none", ext=mark({}))),
        (3, (), ToolChoice(mode="none", ext=mark({}))),
        ("ANY", (), ToolChoice(mode="required", ext=mark({}))),
        ("ANY", ("f",), ToolChoice(mode="named", names=("f",), ext=mark({}))),
        (
            "ANY",
            ("f", "g"),
            ToolChoice(mode="allowed", names=("f", "g"), required=True, ext=mark({})),
        ),
        ("VALIDATED", (), ToolChoice(mode="auto", ext=mark({"mode": "VALIDATED"}))),
        (
            "VALIDATED",
            ("f",),
            ToolChoice(mode="allowed", names=("f",), ext=mark({"mode": "VALIDATED"})),
        ),
        ("AUTO", ("f",), ToolChoice(mode="auto", ext=mark({"allowedFunctionNames": ["f"]}))),
    ],
)
def test_a_mode_is_a_choice(mode: Json, names: tuple[str, ...], expected: ToolChoice) -> None:
    config: JsonObject = {"mode": mode}
    if names:
        config["allowedFunctionNames"] = list(names)
    assert choice(**config) == expected


def test_an_unknown_mode_is_kept() -> None:
    assert choice(mode="TOMORROW") == ToolChoice(mode="auto", ext=mark({"mode": "TOMORROW"}))
    assert choice(mode={}) == ToolChoice(mode="auto", ext=mark({"mode": {}}))


def test_no_config_is_no_choice() -> None:
    assert decode_choice({}) is None
    assert choice() is None


def test_other_tool_config_is_kept() -> None:
    config: JsonObject = {"functionCallingConfig": {}, "retrieval_config": {"a": 1}}
    assert other_config({"toolConfig": config}) == {"retrievalConfig": {"a": 1}}
