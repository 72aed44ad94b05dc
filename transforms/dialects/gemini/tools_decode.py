"""Read tools and toolConfig."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from plexus.transforms.dialects.gemini.keys import (
    NAME,
    as_objects,
    camel,
    camel_key,
    dict_at,
    mark,
)
from plexus.transforms.ir import ServerTool, ToolChoice, ToolSpec
from plexus.transforms.schema import lowercase_types
from plexus.transforms.wire import Json, JsonObject, rest, text_at, texts_at

type Purpose = Literal["web_search", "code_execution", "url_context", "mcp", "other"]

_DECLARED: Final = frozenset({"name", "description"})
_SCHEMAS: Final = ("parametersJsonSchema", "parameters")  # the first wins (dataplane.md App. A)
_PURPOSES: Final[Mapping[str, Purpose]] = {
    "googleSearch": "web_search",
    "googleSearchRetrieval": "web_search",
    "enterpriseWebSearch": "web_search",
    "codeExecution": "code_execution",
    "urlContext": "url_context",
    "mcpServers": "mcp",
}
_MODES: Final = ("MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED")  # by enum number


def decode_tools(value: Json) -> tuple[ToolSpec | ServerTool, ...]:
    """Read `tools`: functions of every tool object, and one `ServerTool` per built-in."""
    tools: list[ToolSpec | ServerTool] = []
    for tool in value if isinstance(value, list) else [value]:
        if isinstance(tool, dict):
            tools += _tool(tool)
    return tuple(tools)


def _tool(tool: JsonObject) -> list[ToolSpec | ServerTool]:
    found: list[ToolSpec | ServerTool] = []
    for key, value in tool.items():
        name = camel_key(key)
        if name == "functionDeclarations":
            found += [_declaration(item) for item in as_objects(value)]
        else:
            purpose = _PURPOSES.get(name, "other")
            found.append(ServerTool(dialect=NAME, raw={name: value}, purpose=purpose))
    return found


def _declaration(declaration: JsonObject) -> ToolSpec:
    kept = rest(declaration, _DECLARED)
    given = [key for key in _SCHEMAS if key in kept]
    for key in given[1:]:
        del kept[key]
    return ToolSpec(
        name=text_at(declaration, "name") or "",
        description=text_at(declaration, "description"),
        schema=lowercase_types(kept[given[0]]) if given else None,
        ext=mark(kept),
    )


def decode_choice(body: JsonObject) -> ToolChoice | None:
    """Read `toolConfig.functionCallingConfig` (wire-formats.md §7.4)."""
    config = dict_at(dict_at(body, "toolConfig"), "functionCallingConfig")
    mode = _mode(config.get("mode"))
    names = tuple(texts_at(config, "allowedFunctionNames"))
    ext = mark(rest(config, frozenset({"mode", "allowedFunctionNames"})))
    match mode:
        case "NONE":
            return ToolChoice(mode="none", ext=ext)
        case "ANY" if len(names) == 1:
            return ToolChoice(mode="named", names=names, ext=ext)
        case "ANY":
            if names:
                return ToolChoice(mode="allowed", names=names, required=True, ext=ext)
            return ToolChoice(mode="required", ext=ext)
        case "VALIDATED":
            validated = mark({**ext[NAME], "mode": "VALIDATED"})
            return ToolChoice(mode="allowed" if names else "auto", names=names, ext=validated)
        case "AUTO":
            return ToolChoice(mode="auto", ext=mark({**ext[NAME], **_given(names)}))
        case _:
            return ToolChoice(mode="auto", ext=mark(config)) if config else None


def _given(names: tuple[str, ...]) -> JsonObject:
    return {"allowedFunctionNames": list(names)} if names else {}


def _mode(value: Json) -> str | None:
    if isinstance(value, str):
        return value.upper()
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(_MODES):
        return _MODES[value]
    return None


def other_config(body: JsonObject) -> JsonObject:
    """Return what `toolConfig` holds besides the function calling mode."""
    return rest(camel(dict_at(body, "toolConfig")), frozenset({"functionCallingConfig"}))
