"""Which tools the model may or must call, both ways (dataplane.md §5.8.2)."""

from __future__ import annotations

from typing import Final, Literal, assert_never

from plexus.transforms.dialects.openai_responses.ids import tool_name
from plexus.transforms.dialects.openai_responses.origin import NAME, own
from plexus.transforms.dialects.openai_responses.tools_decode import flat_name
from plexus.transforms.ir import ChatRequest, ToolChoice, ToolSpec
from plexus.transforms.wire import Json, JsonObject, objects_at, text_at

_MODES: Final[dict[str, Literal["auto", "none", "required"]]] = {
    "auto": "auto",
    "none": "none",
    "required": "required",
}
_TOOLS: Final = frozenset({"function", "custom"})


def decode_tool_choice(raw: Json) -> ToolChoice | None:
    """Return a request's `tool_choice`; one for a hosted tool is kept for this dialect alone."""
    if isinstance(raw, str):
        mode = _MODES.get(raw)
        return ToolChoice(mode=mode) if mode else _unknown(raw)
    if not isinstance(raw, dict):
        return None
    if raw.get("type") == "allowed_tools":
        return ToolChoice(
            mode="allowed",
            names=tuple(name for tool in objects_at(raw, "tools") if (name := _name(tool))),
            required=raw.get("mode") == "required",
            ext={NAME: {"choice": raw}},
        )
    name = _name(raw)
    if name is None:
        return _unknown(raw)
    return ToolChoice(mode="named", names=(name,), ext={NAME: {"choice": raw}})


def _unknown(raw: Json) -> ToolChoice:
    return ToolChoice(mode="auto", ext={NAME: {"choice": raw}})


def _name(tool: JsonObject) -> str | None:
    name, namespace = text_at(tool, "name"), text_at(tool, "namespace")
    if text_at(tool, "type") not in _TOOLS or name is None:
        return None
    return flat_name(namespace, name) if namespace else name


def encode_tool_choice(request: ChatRequest) -> Json:
    """Return the `tool_choice` of a request; `None` if it says nothing about it."""
    choice = request.tool_choice
    if choice is None:
        return None
    if (original := own(choice.ext).get("choice")) is not None:
        return original
    match choice.mode:
        case "auto" | "none" | "required":
            return choice.mode
        case "named":
            return _tool(request, choice.names[0]) if choice.names else "required"
        case "allowed":
            return {
                "type": "allowed_tools",
                "mode": "required" if choice.required else "auto",
                "tools": [_tool(request, name) for name in choice.names],
            }
        case _:
            assert_never(choice.mode)


def _tool(request: ChatRequest, name: str) -> JsonObject:
    kinds = {tool.name: tool.kind for tool in request.tools if isinstance(tool, ToolSpec)}
    return {"type": kinds.get(name, "function"), "name": tool_name(name)}
