"""Write tool definitions and the choice among them."""

from __future__ import annotations

from typing import Final

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.ir import ServerTool, ToolCall, ToolChoice, ToolSpec
from plexus.transforms.names import OPENAI, legal_name
from plexus.transforms.schema.strict import is_closed
from plexus.transforms.wire import Json, JsonObject, object_at, text_at

from .fields import NAME, cache_control, is_own, overlay, rest
from .tools_decode import SEARCH, is_legacy

_WRAPPED: Final[JsonObject] = {
    "type": "object",
    "properties": {"input": {"type": "string"}},
    "required": ["input"],
}


def encode_tools(
    tools: tuple[ToolSpec | ServerTool, ...], traits: Traits, receipt: Receipt
) -> JsonObject:
    """Write the request fields that define tools; other vendors' server tools are dropped."""
    specs: list[Json] = []
    functions: list[Json] = []
    result: JsonObject = {}
    for index, tool in enumerate(tools):
        path = f"tools[{index}]"
        if isinstance(tool, ServerTool):
            specs += _server_tool(tool, result, receipt, path)
        elif is_legacy(tool):
            functions.append(_spec_body(tool, receipt, path))
        else:
            specs.append(_spec(tool, traits, receipt, path))
    if specs:
        result["tools"] = specs
    if functions:
        result["functions"] = functions
    return result


def _server_tool(
    tool: ServerTool, result: JsonObject, receipt: Receipt, path: str
) -> list[JsonObject]:
    if tool.dialect != NAME:
        name = text_at(tool.raw, "type") or text_at(tool.raw, "name") or tool.purpose
        receipt.dropped(path, f"{tool.dialect} server tool {name}")
        return []
    if SEARCH in tool.raw:
        result[SEARCH] = tool.raw[SEARCH]
        return []
    return [tool.raw]


def _spec(tool: ToolSpec, traits: Traits, receipt: Receipt, path: str) -> JsonObject:
    kind = tool.kind
    name = provider_name(tool)
    if name != tool.name:
        receipt.coerced(f"{path}.name", f"OpenAI knows it as {name}")
    if kind == "custom" and wraps_custom(tool, traits):
        receipt.coerced(path, "custom tool as a function of one string")
        known: JsonObject = {"type": "function", "function": _wrapped(tool)}
    else:
        known = {"type": kind, kind: _spec_body(tool, receipt, path)}
    if tool.cache is not None and traits.cache_marks:
        known["cache_control"] = cache_control(tool.cache)
    elif tool.cache is not None:
        receipt.dropped(f"{path}.cache")
    return overlay(known, rest(tool.ext))


def provider_name(tool: ToolSpec | ToolCall) -> str:
    """Return a tool's name as OpenAI takes it; that of a chat client's own is left alone."""
    return tool.name if is_own(tool.ext) else legal_name(tool.name, OPENAI)


def wraps_custom(tool: ToolSpec, traits: Traits) -> bool:
    """Whether a custom tool must be sent as a function: only OpenAI has them in chat."""
    return not (traits.official or is_own(tool.ext))


def _spec_body(tool: ToolSpec, receipt: Receipt, path: str) -> JsonObject:
    body: JsonObject = {"name": provider_name(tool)}
    if tool.description is not None:
        body["description"] = tool.description
    if tool.schema is not None:
        body["parameters"] = tool.schema
    if tool.strict is not None:
        is_loose = tool.strict and not (is_own(tool.ext) or is_closed(tool.schema))
        body["strict"] = tool.strict and not is_loose
        if is_loose:
            receipt.coerced(f"{path}.strict", "off: OpenAI's strict schemas leave nothing open")
    if tool.format is not None:
        body["format"] = _format(tool.format)
    inner = object_at(tool.ext.get(NAME, {}), "inner") or {}
    return overlay(body, inner)


def _format(flat: JsonObject) -> JsonObject:
    # Chat has an object of its own for a grammar, where Responses has it flat.
    if flat.get("type") != "grammar":
        return flat
    grammar = {key: value for key, value in flat.items() if key != "type"}
    return {"type": "grammar", "grammar": grammar}


def _wrapped(tool: ToolSpec) -> JsonObject:
    body: JsonObject = {"name": provider_name(tool), "parameters": dict(_WRAPPED)}
    return body if tool.description is None else {**body, "description": tool.description}


def encode_choice(
    choice: ToolChoice, customs: frozenset[str], traits: Traits, receipt: Receipt
) -> JsonObject:
    """Write `tool_choice` of a call that has tools; `customs` names the custom ones."""
    own = choice.ext.get(NAME, {})
    key = text_at(own, "key") or "tool_choice"
    if "raw" in own or "word" in own:
        return {key: own.get("raw", own.get("word"))}
    match choice.mode:
        case "named" if choice.names:
            return {key: _pick(choice.names[0], customs)}
        case "allowed":
            return {key: _allowed(choice, customs, traits, receipt)}
        case "auto" | "none" | "required":
            return {key: choice.mode}
        case _:
            return {}


def _pick(name: str, customs: frozenset[str]) -> JsonObject:
    kind = "custom" if name in customs else "function"
    return {"type": kind, kind: {"name": legal_name(name, OPENAI)}}


def _allowed(choice: ToolChoice, customs: frozenset[str], traits: Traits, receipt: Receipt) -> Json:
    mode = "required" if choice.required else "auto"
    if not traits.official:
        receipt.coerced("tool_choice", "the other tools are left out of the call")
        return mode
    tools: list[Json] = [_pick(name, customs) for name in choice.names]
    return {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": tools}}
