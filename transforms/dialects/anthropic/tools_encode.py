"""Write a request's tools and tool choice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.dialects.anthropic.cache import marked
from plexus.transforms.dialects.anthropic.identity import NAME, is_native, own, safe_name
from plexus.transforms.dialects.anthropic.schema import arguments_schema, strict_schema
from plexus.transforms.ir import ChatRequest, ServerTool, ToolCall, ToolChoice, ToolSpec
from plexus.transforms.wire import Json, JsonObject, object_at, text_at, texts_at

WEB_SEARCH: Final = "web_search_20250305"

_MODES: Final[Mapping[str, str]] = {"auto": "auto", "none": "none", "required": "any"}
_LOCATION: Final = ("city", "region", "country", "timezone")


def encode_tools(request: ChatRequest, traits: Traits, receipt: Receipt) -> list[JsonObject]:
    """Write the tools that the model may see; of two with one name the last stands."""
    allowed = _allowed(request.tool_choice)
    if allowed is not None:
        receipt.coerced("tool_choice", "the other tools are left out")
    named: dict[str, JsonObject] = {}
    for number, tool in enumerate(request.tools):
        path = f"tools[{number}]"
        written = _encode_tool(tool, path, is_native(request), traits, receipt)
        if written is None:
            continue
        name = text_at(written, "name") or path
        if allowed is not None and name not in allowed:
            continue
        if named.pop(name, None) is not None:
            receipt.dropped(path, f"an earlier tool is also called {name!r}")
        named[name] = written
    return list(named.values())


def _allowed(choice: ToolChoice | None) -> frozenset[str] | None:
    if choice is None or choice.mode != "allowed":
        return None
    return frozenset(safe_name(name) for name in choice.names)


def _encode_tool(
    tool: ToolSpec | ServerTool, path: str, native: bool, traits: Traits, receipt: Receipt
) -> JsonObject | None:
    if isinstance(tool, ServerTool):
        return _encode_server_tool(tool, path, traits, receipt)
    if tool.kind == "custom":
        return _encode_custom(tool, path, receipt)
    written: JsonObject = {"name": _name(tool.name, path, receipt)}
    if tool.description is not None:
        written["description"] = tool.description
    if native:
        written["input_schema"] = tool.schema
    else:
        written["input_schema"] = _schema(tool, path, traits, receipt)
    if tool.strict and traits.structured_output:
        written["strict"] = True
    elif tool.strict:
        receipt.dropped(f"{path}.strict", "the provider cannot hold a model to a schema")
    return {**marked(written, tool.cache), **own(tool.ext)}


def _schema(tool: ToolSpec, path: str, traits: Traits, receipt: Receipt) -> Json:
    schema, changed = arguments_schema(tool.schema)
    if changed:
        receipt.coerced(f"{path}.schema", "the top level must be an object without alternatives")
    if not (tool.strict and traits.structured_output):
        return schema
    closed = strict_schema(schema)
    if closed != schema and not changed:
        receipt.coerced(f"{path}.schema", "what Anthropic cannot hold a model to is told in words")
    return closed


def _encode_custom(tool: ToolSpec, path: str, receipt: Receipt) -> JsonObject:
    receipt.coerced(path, "free text travels as the string field `input`")
    written: JsonObject = {"name": _name(tool.name, path, receipt)}
    if tool.description is not None:
        written["description"] = tool.description
    text: JsonObject = {"type": "string", "description": _custom_input(tool.format or {})}
    written["input_schema"] = {
        "type": "object",
        "properties": {"input": text},
        "required": ["input"],
    }
    return marked(written, tool.cache)


def _custom_input(form: JsonObject) -> str:
    words = "The whole input of the tool, as it is."
    definition = text_at(form, "definition")
    if definition is None:
        return words
    return f"{words} It must match this {text_at(form, 'syntax') or ''} grammar:\n{definition}"


def _name(name: str, path: str, receipt: Receipt) -> str:
    legal = safe_name(name)
    if legal != name:
        receipt.coerced(f"{path}.name", f"{name!r} goes as {legal!r}")
    return legal


def _encode_server_tool(
    tool: ServerTool, path: str, traits: Traits, receipt: Receipt
) -> JsonObject | None:
    kind = text_at(tool.raw, "type") or "tool"
    if not traits.official:
        # Compatible servers want an input_schema of every tool (wire-formats.md §10, 65).
        receipt.dropped(path, f"{kind} is run by Anthropic only")
        return None
    if tool.dialect == NAME:
        return dict(tool.raw)
    if tool.purpose != "web_search":
        receipt.dropped(path, f"Anthropic has no {tool.dialect} {kind}")
        return None
    receipt.coerced(path, f"{kind} becomes {WEB_SEARCH}")
    return {"type": WEB_SEARCH, "name": "web_search", **_search_limits(tool.raw)}


def _search_limits(raw: JsonObject) -> JsonObject:
    limits: JsonObject = {}
    place = object_at(raw, "user_location") or {}
    place = object_at(place, "approximate") or place
    known: JsonObject = {key: place[key] for key in _LOCATION if text_at(place, key)}
    if known:
        limits["user_location"] = {"type": "approximate", **known}
    filters = object_at(raw, "filters") or raw
    domains = texts_at(filters, "allowed_domains")
    if domains:
        limits["allowed_domains"] = [*domains]
    return limits


def stub_tools(request: ChatRequest, receipt: Receipt) -> list[JsonObject]:
    """Return tools without schemas for the calls in history, not to be called again.

    Some compatible servers refuse tool blocks unless tools are defined (wire-formats.md §7.4).
    """
    names = dict.fromkeys(
        safe_name(part.name)
        for message in request.messages
        for part in message.parts
        if isinstance(part, ToolCall)
    )
    if names:
        receipt.invented("tools", "the tools of earlier calls, without their schemas")
    return [{"name": name, "input_schema": {"type": "object", "properties": {}}} for name in names]


def encode_choice(
    request: ChatRequest, tools: Iterable[JsonObject], receipt: Receipt
) -> JsonObject | None:
    """Write `tool_choice`; without tools there is none (wire-formats.md §10, 66)."""
    names = {text_at(tool, "name") for tool in tools}
    if not names:
        if request.tool_choice is not None and request.tool_choice.mode not in ("none", "auto"):
            receipt.dropped("tool_choice", "there are no tools to choose from")
        return None
    choice = _choice(request.tool_choice, names, receipt)
    if request.parallel_tools is not False:
        return choice
    if choice is None:
        choice = {"type": "auto"}
    if choice["type"] != "none":
        choice["disable_parallel_tool_use"] = True
    return choice


def _choice(
    choice: ToolChoice | None, names: set[str | None], receipt: Receipt
) -> JsonObject | None:
    if choice is None:
        return None
    if choice.mode == "allowed":
        return {"type": "any" if choice.required else "auto"}
    if choice.mode != "named":
        return {"type": _MODES[choice.mode], **own(choice.ext)}
    name = safe_name(choice.names[0]) if choice.names else None
    if name not in names:
        receipt.dropped("tool_choice", f"there is no tool called {name!r}")
        return None
    return {"type": "tool", "name": name, **own(choice.ext)}


def is_forced(choice: JsonObject | None) -> bool:
    """Whether a written tool choice makes the model call a tool."""
    return choice is not None and choice["type"] in ("any", "tool")
