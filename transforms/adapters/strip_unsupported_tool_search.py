"""Leave out the server tools that search among tools, for providers that cannot run them."""

from __future__ import annotations

from plexus.transforms.adapter import Adapter, Place, Plain
from plexus.transforms.codec import Receipt
from plexus.transforms.wire import Json, JsonObject, list_at, object_at, text_at

_PREFIX = "tool_search_tool_"
_OF_TOOLS = ("tools", "tool_choice", "parallel_tool_calls")  # refused where there are no tools


def _change(body: JsonObject, _place: Place, receipt: Receipt) -> JsonObject:
    tools = list_at(body, "tools")
    kept = [tool for tool in tools if not _is_search(tool)]
    if len(kept) == len(tools):
        return body
    for n, tool in enumerate(tools):
        if _is_search(tool):
            receipt.dropped(f"tools[{n}]", "the provider cannot search among tools")
    if not kept:
        return {key: value for key, value in body.items() if key not in _OF_TOOLS}
    stripped: JsonObject = {**body, "tools": kept}
    chosen = text_at(object_at(body, "tool_choice") or {}, "name")
    if chosen is not None and chosen in {_name(tool) for tool in tools if _is_search(tool)}:
        del stripped["tool_choice"]
    return stripped


def _is_search(tool: Json) -> bool:
    kind = tool.get("type") if isinstance(tool, dict) else None
    return isinstance(kind, str) and kind.lower().startswith(_PREFIX)


def _name(tool: Json) -> str | None:
    return text_at(tool, "name") if isinstance(tool, dict) else None


ADAPTER: Adapter = Plain(name="strip_unsupported_tool_search", change=_change)
