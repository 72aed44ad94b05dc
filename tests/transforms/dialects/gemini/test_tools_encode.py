"""Tools and tool choices for Gemini."""

from __future__ import annotations

import pytest

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.dialects.gemini.tools_decode import decode_choice, decode_tools
from plexus.transforms.dialects.gemini.tools_encode import (
    encode_choice,
    encode_tools,
    takes_nothing,
)
from plexus.transforms.ir import ServerTool, ToolChoice, ToolSpec
from plexus.transforms.names import GEMINI, legal_name
from plexus.transforms.wire import Json, JsonObject, object_at, objects_at
from tests.transforms.dialects.gemini.rules import check_request, encoded, notes, request

SCHEMA: JsonObject = {
    "type": "object",
    "properties": {"a": {"type": "string", "const": "x"}},
    "required": ["a"],
    "additionalProperties": False,
}
F = ToolSpec(name="f", description="d", schema=SCHEMA)
SEARCH = ServerTool(dialect="messages", raw={"type": "web_search_20250305"}, purpose="web_search")


def written(*tools: ToolSpec | ServerTool, **traits: bool) -> tuple[list[Json], list[str]]:
    receipt = Receipt()
    found = encode_tools(request(tools=tools), Traits(**traits), receipt)  # type: ignore[arg-type]  # of its fields
    return found, notes(receipt)


def chosen(choice: ToolChoice | None, *tools: ToolSpec) -> tuple[JsonObject | None, list[str]]:
    receipt = Receipt()
    return encode_choice(request(tools=tools, tool_choice=choice), receipt), notes(receipt)


def test_a_function_goes_with_its_json_schema() -> None:
    declaration = {"name": "f", "description": "d", "parametersJsonSchema": SCHEMA}
    assert written(F) == ([{"functionDeclarations": [declaration]}], [])


def test_edge_case_61_a_model_that_knows_no_json_schema_gets_its_subset() -> None:
    parameters = {
        "type": "OBJECT",
        "properties": {"a": {"type": "STRING", "enum": ["x"]}},
        "required": ["a"],
    }
    declaration = {"name": "f", "description": "d", "parameters": parameters}
    assert written(F, json_schema=False) == (
        [{"functionDeclarations": [declaration]}],
        ["dropped tools[0].schema.additionalProperties"],
    )


def test_a_schema_of_alternatives_becomes_one_object() -> None:
    either: JsonObject = {
        "anyOf": [
            {"type": "object", "properties": {"a": {"type": "string"}}},
            {"type": "object", "properties": {"b": {"type": "string"}}},
        ]
    }
    tools, _ = written(ToolSpec(name="f", schema=either), json_schema=False)
    (tool,) = [t for t in tools if isinstance(t, dict)]
    (declaration,) = objects_at(tool, "functionDeclarations")
    assert declaration["parameters"] == {
        "type": "OBJECT",
        "properties": {"a": {"type": "STRING"}, "b": {"type": "STRING"}},
    }


@pytest.mark.parametrize(
    "schema",
    [
        None,
        {},
        {"type": "object"},
        {"type": "object", "properties": {}},
        {"type": "object", "properties": {}, "additionalProperties": False},
    ],
)
def test_edge_case_62_a_tool_without_arguments_has_no_parameters(schema: Json) -> None:
    assert takes_nothing(schema)
    tools, _ = written(ToolSpec(name="f", schema=schema))
    assert tools == [{"functionDeclarations": [{"name": "f"}]}]


@pytest.mark.parametrize(
    "schema",
    [
        SCHEMA,
        {"type": "object", "additionalProperties": True},
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"anyOf": [{"type": "object"}]},
        {"$ref": "#/$defs/A", "$defs": {}},
    ],
)
def test_a_schema_that_says_something_is_kept(schema: Json) -> None:
    assert not takes_nothing(schema)


def test_a_schema_without_a_type_is_an_objects() -> None:
    tools, _ = written(ToolSpec(name="f", schema={"properties": {"a": {}}}))
    declaration = {
        "name": "f",
        "parametersJsonSchema": {"type": "object", "properties": {"a": {}}},
    }
    assert tools == [{"functionDeclarations": [declaration]}]


def test_edge_case_37_a_freeform_tool_takes_one_text() -> None:
    grammar: JsonObject = {"type": "grammar", "syntax": "lark", "definition": "start: /a/"}
    tools, said = written(ToolSpec(name="exec", kind="custom", format=grammar))
    (tool,) = [t for t in tools if isinstance(t, dict)]
    (declaration,) = objects_at(tool, "functionDeclarations")
    schema = object_at(declaration, "parametersJsonSchema") or {}
    assert schema["properties"] == {"input": {"type": "string"}}
    assert said == ["coerced tools[0]", "dropped tools[0].format"]


def test_of_two_tools_with_one_name_the_last_holds() -> None:
    tools, said = written(ToolSpec(name="f", description="old"), F, ToolSpec(name="g"))
    (tool,) = [t for t in tools if isinstance(t, dict)]
    names = [declaration["name"] for declaration in objects_at(tool, "functionDeclarations")]
    assert names == ["f", "g"]
    assert said == ["dropped tools[1]"]


def test_an_illegal_name_is_made_legal() -> None:
    tools, said = written(ToolSpec(name="2 b"))
    assert said == ["coerced tools[0].name"]
    body = encoded(request(tools=(ToolSpec(name="2 b"),)))
    check_request(body)
    assert body["tools"] == tools


@pytest.mark.parametrize(
    ("purpose", "key"),
    [
        ("web_search", "googleSearch"),
        ("code_execution", "codeExecution"),
        ("url_context", "urlContext"),
    ],
)
def test_a_foreign_server_tool_with_a_peer_is_mapped(purpose: str, key: str) -> None:
    tool = ServerTool(dialect="responses", raw={}, purpose=purpose)  # type: ignore[arg-type]  # one of the literals
    assert written(tool) == ([{key: {}}], ["coerced tools[0]"])


def test_a_foreign_server_tool_without_a_peer_is_dropped() -> None:
    tool = ServerTool(dialect="responses", raw={"type": "file_search"})
    assert written(tool) == ([], ["dropped tools[0]"])


def test_beside_functions_a_built_in_is_dropped_unless_the_model_takes_both() -> None:
    assert written(F, SEARCH)[1] == ["dropped tools[1]"]
    tools, said = written(F, SEARCH, mixed_tools=True)
    assert tools[1:] == [{"googleSearch": {}}]
    assert said == ["coerced tools[1]"]


def test_geminis_own_tools_come_back_as_they_were() -> None:
    tools: list[Json] = [
        {"functionDeclarations": [{"name": "f", "parameters": {"type": 6, "properties": {}}}]},
        {"googleSearch": {"excludeDomains": ["a.example"]}},
    ]
    assert written(*decode_tools(tools)) == (tools, [])


def test_geminis_own_json_schema_is_reduced_for_a_model_that_knows_none() -> None:
    declaration: JsonObject = {"name": "f", "parametersJsonSchema": SCHEMA, "behavior": "BLOCKING"}
    tools, _ = written(*decode_tools([{"functionDeclarations": [declaration]}]), json_schema=False)
    (tool,) = [t for t in tools if isinstance(t, dict)]
    (found,) = objects_at(tool, "functionDeclarations")
    assert set(found) == {"name", "parameters", "behavior"}


@pytest.mark.parametrize(
    ("choice", "config"),
    [
        (None, None),
        (ToolChoice(mode="auto"), {"mode": "AUTO"}),
        (ToolChoice(mode="none"), {"mode": "NONE"}),
        (ToolChoice(mode="required"), {"mode": "ANY"}),
        (
            ToolChoice(mode="named", names=("2 b",)),
            {"mode": "ANY", "allowedFunctionNames": [legal_name("2 b", GEMINI)]},
        ),
        (
            ToolChoice(mode="allowed", names=("f", "g"), required=True),
            {"mode": "ANY", "allowedFunctionNames": ["f", "g"]},
        ),
        (
            ToolChoice(mode="allowed", names=("f",)),
            {"mode": "VALIDATED", "allowedFunctionNames": ["f"]},
        ),
    ],
)
def test_a_choice_is_a_mode(choice: ToolChoice | None, config: JsonObject | None) -> None:
    assert chosen(choice, F) == (config, [])


def test_strict_tools_are_validated() -> None:
    strict = ToolSpec(name="f", schema=SCHEMA, strict=True)
    assert chosen(None, strict) == ({"mode": "VALIDATED"}, ["coerced tools.strict"])
    assert chosen(ToolChoice(mode="required"), strict) == ({"mode": "ANY"}, [])
    assert chosen(None, strict, F) == (None, ["dropped tools.strict"])


def test_edge_case_66_without_tools_there_is_no_choice() -> None:
    assert chosen(ToolChoice(mode="auto")) == (None, ["dropped tool_choice"])
    assert chosen(ToolChoice(mode="none")) == (None, [])


@pytest.mark.parametrize(
    "config",
    [
        {"mode": "ANY", "allowedFunctionNames": ["f"]},
        {"mode": "VALIDATED"},
        {"mode": "VALIDATED", "allowedFunctionNames": ["f", "g"]},
        {"mode": "AUTO", "streamFunctionCallArguments": True},
        {"mode": "NONE"},
        {"mode": "TOMORROW"},
    ],
)
def test_geminis_own_choice_comes_back_as_it_was(config: JsonObject) -> None:
    choice = decode_choice({"toolConfig": {"functionCallingConfig": config}})
    assert chosen(choice, F) == (config, [])
    assert chosen(choice) == (config, [])
