"""Read a request's tools and tool choice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from plexus.transforms.dialects.anthropic.cache import mark_and_ext
from plexus.transforms.dialects.anthropic.identity import NAME, as_ext
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import ServerTool, ToolChoice, ToolSpec
from plexus.transforms.wire import Json, JsonObject, bool_at, kind_of, rest, text_at

_TOOL: Final = frozenset({"name", "description", "input_schema", "strict", "cache_control"})
_CHOICE: Final = frozenset({"type", "name", "disable_parallel_tool_use"})

type _Purpose = Literal["web_search", "code_execution", "url_context", "mcp", "other"]
# Types are dated: web_search_20250305, web_search_20260318, …
_PURPOSES: Final[Mapping[str, _Purpose]] = {
    "web_search_": "web_search",
    "web_fetch_": "url_context",
    "code_execution_": "code_execution",
    "mcp_": "mcp",
}

type _Mode = Literal["auto", "none", "required", "named"]
_MODES: Final[Mapping[str, _Mode]] = {
    "auto": "auto",
    "any": "required",
    "none": "none",
    "tool": "named",
}


def decode_tools(value: Json) -> tuple[ToolSpec | ServerTool, ...]:
    """Read `tools`. Raise `GatewayError(BAD_REQUEST)` naming the tool that is none."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise _bad("tools", f"must be an array, not {kind_of(value)}")
    return tuple(_decode_tool(item, f"tools[{number}]") for number, item in enumerate(value))


def _decode_tool(item: Json, where: str) -> ToolSpec | ServerTool:
    if not isinstance(item, dict):
        raise _bad(where, f"must be an object, not {kind_of(item)}")
    dated = text_at(item, "type")
    if dated not in (None, "custom"):
        return ServerTool(dialect=NAME, raw=item, purpose=_purpose(dated or ""))
    name = text_at(item, "name")
    if name is None:
        raise _bad(f"{where}.name", "must be a string")
    cache, ext = mark_and_ext(item, _TOOL)
    return ToolSpec(
        name=name,
        description=text_at(item, "description"),
        schema=item.get("input_schema"),
        strict=bool_at(item, "strict"),
        cache=cache,
        ext=ext,
    )


def _purpose(dated: str) -> _Purpose:
    return next((p for prefix, p in _PURPOSES.items() if dated.startswith(prefix)), "other")


def decode_choice(value: Json) -> ToolChoice | None:
    """Read `tool_choice`, or `None` if it is absent or of a kind we do not know."""
    raw: JsonObject = {"type": value} if isinstance(value, str) else {}
    if isinstance(value, dict):
        raw = value
    mode = _MODES.get(text_at(raw, "type") or "")
    name = text_at(raw, "name")
    if mode is None or (mode == "named" and name is None):
        return None
    names = (name,) if mode == "named" and name is not None else ()
    return ToolChoice(mode=mode, names=names, ext=as_ext(rest(raw, _CHOICE)))


def decode_parallel(value: Json) -> bool | None:
    """Read whether several calls at once are welcome from a `tool_choice`."""
    disabled = bool_at(value, "disable_parallel_tool_use") if isinstance(value, dict) else None
    return None if disabled is None else not disabled


def _bad(where: str, problem: str) -> GatewayError:
    return GatewayError(Kind.BAD_REQUEST, f"{where}: {problem}", where=where)
