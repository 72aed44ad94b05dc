"""Write tools and toolConfig."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from plexus.transforms.codec import Receipt, Traits, as_json_object
from plexus.transforms.dialects.gemini.keys import NAME, is_own, own
from plexus.transforms.ir import ChatRequest, ServerTool, ToolChoice, ToolSpec
from plexus.transforms.names import GEMINI, legal_name
from plexus.transforms.schema import for_gemini
from plexus.transforms.wire import Json, JsonObject

_BUILT_IN: Final[Mapping[str, str]] = {
    "web_search": "googleSearch",
    "code_execution": "codeExecution",
    "url_context": "urlContext",
}
# What makes an object schema say something; without any of these a tool takes no arguments.
_CONTENT: Final = frozenset({"anyOf", "oneOf", "allOf", "$ref", "patternProperties", "if", "not"})
_FREE_TEXT: Final[JsonObject] = {
    "type": "object",
    "properties": {"input": {"type": "string"}},
    "required": ["input"],
}


def encode_tools(request: ChatRequest, traits: Traits, receipt: Receipt) -> list[Json]:
    """Write all functions in one tool object, then each built-in in its own."""
    functions = _functions(request, traits, receipt)
    tools: list[Json] = [{"functionDeclarations": [*functions]}] if functions else []
    mixes = traits.mixed_tools or not functions
    for number, tool in enumerate(request.tools):
        if isinstance(tool, ServerTool):
            built_in = _server_tool(tool, f"tools[{number}]", receipt, mixes=mixes)
            tools += [] if built_in is None else [built_in]
    return tools


def _functions(request: ChatRequest, traits: Traits, receipt: Receipt) -> list[JsonObject]:
    found: dict[str, JsonObject] = {}
    for number, tool in enumerate(request.tools):
        if not isinstance(tool, ToolSpec):
            continue
        path = f"tools[{number}]"
        name = legal_name(tool.name, GEMINI)
        if name != tool.name:
            receipt.coerced(f"{path}.name", f"Gemini knows it as {name}")
        if name in found:
            receipt.dropped(path, f"a later tool is called {name} too")
        found.pop(name, None)
        found[name] = _declaration(tool, name, path, traits, receipt)
    return list(found.values())


def _declaration(
    tool: ToolSpec, name: str, path: str, traits: Traits, receipt: Receipt
) -> JsonObject:
    declaration: JsonObject = {"name": name}
    if tool.description is not None:
        declaration["description"] = tool.description
    kept = own(tool.ext)
    if not traits.json_schema:
        kept = {key: value for key, value in kept.items() if key != "parametersJsonSchema"}
    if not {"parameters", "parametersJsonSchema"} & kept.keys():
        declaration |= _parameters(tool, f"{path}.schema", traits, receipt)
    return declaration | kept  # a Gemini client's own schema, in whichever form it came


def _parameters(tool: ToolSpec, path: str, traits: Traits, receipt: Receipt) -> JsonObject:
    if tool.kind == "custom":
        receipt.coerced(path.removesuffix(".schema"), "free text goes into one argument, input")
    if tool.format is not None:
        receipt.dropped(f"{path.removesuffix('.schema')}.format", "Gemini knows no grammars")
    schema = _FREE_TEXT if tool.kind == "custom" else tool.schema
    if takes_nothing(schema):
        return {}  # several versions refuse an object without properties (edge case 62)
    if traits.json_schema:
        return {"parametersJsonSchema": {"type": "object", **as_json_object(schema)}}
    return {"parameters": _object(for_gemini(schema, receipt, path))}


def takes_nothing(schema: Json) -> bool:
    """Whether a tool's schema names no argument at all."""
    if not isinstance(schema, dict):
        return True
    extra = schema.get("additionalProperties")
    return (
        not schema.get("properties")
        and not _CONTENT & schema.keys()
        and extra is not True
        and not (isinstance(extra, dict) and extra)
    )


def _object(schema: JsonObject) -> JsonObject:
    # "parameters schema should be of type OBJECT": alternatives of objects become one.
    if schema.get("type") == "OBJECT":
        return schema
    branches = schema.get("anyOf")
    properties: JsonObject = {}
    for branch in branches if isinstance(branches, list) else []:
        fields = branch.get("properties") if isinstance(branch, dict) else None
        properties |= fields if isinstance(fields, dict) else {}
    merged = {key: value for key, value in schema.items() if key in {"description", "title"}}
    return {**merged, "type": "OBJECT", "properties": properties}


def _server_tool(
    tool: ServerTool, path: str, receipt: Receipt, *, mixes: bool
) -> JsonObject | None:
    if tool.dialect == NAME:
        return tool.raw
    name = _BUILT_IN.get(tool.purpose)
    if name is None:
        receipt.dropped(path, f"only {tool.dialect} has this tool")
        return None
    if not mixes:
        receipt.dropped(path, f"most models take no {name} beside functions")
        return None
    receipt.coerced(path, f"as {name}; its settings are lost")
    return {name: {}}


def encode_choice(request: ChatRequest, receipt: Receipt) -> JsonObject | None:
    """Write the functionCallingConfig, or `None` where the client left the choice open.

    Strict tools ask for mode VALIDATED, which holds calls to their schemas (wire-formats.md §7.4).
    """
    functions = [tool for tool in request.tools if isinstance(tool, ToolSpec)]
    choice = request.tool_choice
    if not functions and not (choice and is_own(choice.ext)):
        if choice is not None and choice.mode != "none":
            receipt.dropped("tool_choice", "there are no functions to choose from")
        return None
    strict = bool(functions) and all(tool.strict is True for tool in functions)
    if not strict and any(tool.strict is True for tool in functions):
        receipt.dropped("tools.strict", "Gemini is strict with all functions or with none")
    if choice is None or choice.mode == "auto":
        return _automatic(choice, receipt, strict=strict)
    config: JsonObject = {"mode": _mode(choice)}
    if choice.mode in {"named", "allowed"} and choice.names:
        config["allowedFunctionNames"] = [legal_name(name, GEMINI) for name in choice.names]
    return config | own(choice.ext)


def _automatic(choice: ToolChoice | None, receipt: Receipt, *, strict: bool) -> JsonObject | None:
    if choice is not None and is_own(choice.ext):
        return {"mode": "AUTO"} | own(choice.ext)
    if strict:
        receipt.coerced("tools.strict", "as mode VALIDATED, which holds for every function")
        return {"mode": "VALIDATED"}
    return None if choice is None else {"mode": "AUTO"}


def _mode(choice: ToolChoice) -> str:
    match choice.mode:
        case "none":
            return "NONE"
        case "allowed" if not choice.required:
            return "VALIDATED"
        case _:
            return "ANY"
