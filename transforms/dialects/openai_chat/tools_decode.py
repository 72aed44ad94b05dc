"""Read tool definitions and the choice among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import ServerTool, ToolChoice, ToolSpec
from plexus.transforms.wire import JsonObject, object_at, objects_at, text_at

from .fields import (
    NAME,
    keep,
    marker,
    take_bool,
    take_cache,
    take_object,
    take_objects,
    take_text,
)

type _Purpose = Literal["web_search", "code_execution", "url_context", "mcp", "other"]
_PURPOSES: Final[Mapping[str, _Purpose]] = {
    "web_search": "web_search",
    "browser_search": "web_search",
    "code_interpreter": "code_execution",
    "code_execution": "code_execution",
    "url_context": "url_context",
    "web_fetch": "url_context",
    "mcp": "mcp",
}
_CHOICES: Final[Mapping[str, Literal["auto", "none", "required"]]] = {
    "auto": "auto",
    "none": "none",
    "required": "required",
    "any": "required",  # Mistral
}
SEARCH: Final = "web_search_options"


def decode_tools(left: JsonObject) -> tuple[ToolSpec | ServerTool, ...]:
    """Take the tools out of a request: `tools`, the `functions` of old, `web_search_options`."""
    found = [_tool(raw, f"tools[{i}]") for i, raw in enumerate(take_objects(left, "tools"))]
    for i, raw in enumerate(take_objects(left, "functions")):
        found.append(_function(raw, {}, f"functions[{i}]", legacy=True))
    search = take_object(left, SEARCH)
    if search is not None:
        found.append(ServerTool(dialect=NAME, raw={SEARCH: search}, purpose="web_search"))
    return tuple(found)


def _tool(raw: JsonObject, path: str) -> ToolSpec | ServerTool:
    left = dict(raw)
    type_ = left.pop("type", "function")
    if type_ == "function" and (function := take_object(left, "function")) is not None:
        return _function(function, left, f"{path}.function")
    if type_ == "custom" and (custom := take_object(left, "custom")) is not None:
        return _custom(custom, left, f"{path}.custom")
    return ServerTool(dialect=NAME, raw=raw, purpose=_purpose(str(type_)))


def _purpose(type_: str) -> _Purpose:
    return next((purpose for name, purpose in _PURPOSES.items() if name in type_), "other")


def _function(raw: JsonObject, left: JsonObject, path: str, *, legacy: bool = False) -> ToolSpec:
    inner = dict(raw)
    schema = inner.get("parameters")
    if schema is not None:
        del inner["parameters"]
    return ToolSpec(
        name=_name(inner, path),
        description=take_text(inner, "description"),
        schema=schema,
        strict=take_bool(inner, "strict"),
        cache=take_cache(left),
        ext=keep(left, inner=inner, legacy=legacy),
    )


def _custom(raw: JsonObject, left: JsonObject, path: str) -> ToolSpec:
    inner = dict(raw)
    return ToolSpec(
        name=_name(inner, path),
        description=take_text(inner, "description"),
        kind="custom",
        format=_format(inner),
        cache=take_cache(left),
        ext=keep(left, inner=inner),
    )


def _format(inner: JsonObject) -> JsonObject | None:
    # Chat has an object of its own for a grammar, where Responses has it flat.
    grammar = object_at(object_at(inner, "format") or {}, "grammar")
    if grammar is None:
        return take_object(inner, "format")
    del inner["format"]
    return {"type": "grammar", **grammar}


def _name(inner: JsonObject, path: str) -> str:
    name = take_text(inner, "name")
    if name is None:
        where = f"{path}.name"
        raise GatewayError(Kind.BAD_REQUEST, f"{where} must be a string", where=where)
    return name


def is_legacy(tool: ToolSpec | ServerTool) -> bool:
    """Whether a tool was defined in `functions`."""
    return isinstance(tool, ToolSpec) and marker(tool.ext, "legacy") is True


def decode_choice(left: JsonObject) -> ToolChoice | None:
    """Take `tool_choice`, or the `function_call` of old; a strange one stays where it is."""
    key = "tool_choice" if "tool_choice" in left else "function_call"
    value = left.get(key)
    choice: ToolChoice | None = None
    if isinstance(value, str) and value in _CHOICES:
        choice = ToolChoice(mode=_CHOICES[value], ext={NAME: {"word": value, "key": key}})
    elif isinstance(value, dict):
        choice = _choice(value, key)
    if choice is not None:
        del left[key]
    return choice


def _choice(value: JsonObject, key: str) -> ToolChoice | None:
    if allowed := object_at(value, "allowed_tools"):
        tools = objects_at(allowed, "tools")
        return ToolChoice(
            mode="allowed",
            names=tuple(name for tool in tools if (name := _chosen(tool))),
            required=text_at(allowed, "mode") == "required",
            ext={NAME: {"raw": value, "key": key}},
        )
    name = _chosen(value)
    if not name:
        return None
    return ToolChoice(mode="named", names=(name,), ext={NAME: {"raw": value, "key": key}})


def _chosen(value: JsonObject) -> str | None:
    inner = object_at(value, "function") or object_at(value, "custom") or value
    return text_at(inner, "name")
