"""Read which tools the demo model may call, and make the errors for what it cannot read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import Json, JsonObject, kind_of, object_at, objects_at, text_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool that may be called; `schema` is that of a function's arguments."""

    name: str
    kind: Literal["function", "custom"]
    schema: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The tools that `tool_choice` leaves; `named`: it asks for the one that is there."""

    tools: tuple[Tool, ...]
    named: bool = False


def refusal(where: str, expected: str) -> GatewayError:
    """Return the error for a field that is not as it must be."""
    return GatewayError(Kind.BAD_REQUEST, f"{where} must be {expected}", where=where)


def called(call: JsonObject) -> str | None:
    """Return the name in a tool call, a tool or a tool choice: all three hold it alike."""
    return text_at(object_at(call, "function") or object_at(call, "custom") or {}, "name")


def read_tools(body: JsonObject) -> Choice:
    """Read `tools` and `tool_choice`. Raise `GatewayError(BAD_REQUEST)` naming the field."""
    tools = _tools(body)
    choice = body.get("tool_choice")
    if choice == "none":
        return Choice(tools=())
    if choice is None or choice in ("auto", "required"):
        if choice == "required" and not tools:
            raise refusal("tools", 'given when tool_choice is "required"')
        return Choice(tools=tools)
    if not isinstance(choice, dict):
        raise refusal("tool_choice", '"none", "auto", "required" or an object')
    if allowed := object_at(choice, "allowed_tools"):
        names = [called(tool) for tool in objects_at(allowed, "tools")]
        return Choice(tools=tuple(_named(tools, name) for name in names))
    return Choice(tools=(_named(tools, called(choice)),), named=True)


def _tools(body: JsonObject) -> tuple[Tool, ...]:
    given = body.get("tools")
    if given is None:
        return ()
    if not isinstance(given, list):
        raise refusal("tools", f"an array, not {kind_of(given)}")
    return tuple(_tool(tool, f"tools[{i}]") for i, tool in enumerate(given))


def _tool(tool: Json, where: str) -> Tool:
    if not isinstance(tool, dict):
        raise refusal(where, f"an object, not {kind_of(tool)}")
    if "custom" in tool:
        return Tool(name=_tool_name(tool, "custom", where), kind="custom", schema=None)
    if "function" not in tool:
        raise refusal(where, "a function or custom tool: the demo model has none of its own")
    name = _tool_name(tool, "function", where)
    schema = (object_at(tool, "function") or {}).get("parameters")
    return Tool(name=name, kind="function", schema=schema)


def _tool_name(tool: JsonObject, kind: str, where: str) -> str:
    name = text_at(object_at(tool, kind) or {}, "name")
    if not name:
        raise refusal(f"{where}.{kind}.name", "the name of a tool")
    return name


def _named(tools: tuple[Tool, ...], name: str | None) -> Tool:
    for tool in tools:
        if tool.name == name:
            return tool
    known = ", ".join(tool.name for tool in tools) or "none"
    raise refusal("tool_choice", f"for a tool among those given ({known}), not {name!r}")
