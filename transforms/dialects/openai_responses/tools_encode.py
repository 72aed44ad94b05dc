"""Write tools for a provider of this format."""

from __future__ import annotations

from typing import Final

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.openai_responses.ids import tool_name
from plexus.transforms.dialects.openai_responses.origin import NAME, is_own, own
from plexus.transforms.ir import ChatRequest, ServerTool, ToolSpec
from plexus.transforms.schema.strict import is_closed
from plexus.transforms.wire import JsonObject, object_at, objects_at, rest, text_at

_NO_ARGUMENTS: Final[JsonObject] = {"type": "object", "properties": {}}
_PLACE: Final = frozenset({"type", "city", "region", "country", "timezone"})
_WRAPPERS: Final = ("web_search_options", "parameters")  # chat's own, OpenRouter's
_SAID: Final = frozenset(
    {"type", "name", "user_location", "allowed_domains", "search_context_size", "cache_control"}
)


def encode_tools(request: ChatRequest, receipt: Receipt) -> list[JsonObject]:
    """Return the `tools` array: groups whole, lifted tools not at all, foreign hosted ones mapped.

    Of two tools with one name the last stays, where the first stood (wire-formats.md §7.4).
    """
    brought = _brought_along(request)
    written: list[JsonObject] = []
    places: dict[tuple[bool, str], int] = {}
    for number, tool in enumerate(request.tools):
        item = _encode(tool, receipt, f"tools[{number}]")
        hosted_again = isinstance(tool, ServerTool) and item in brought
        if item is None or hosted_again or (_is_group(item) and item in written):
            continue
        key = (_is_group(item), text_at(item, "name") or f"#{number}")
        if key in places:
            receipt.dropped(f"tools[{places[key]}]", f"another tool is named {key[1]!r}")
            written[places[key]] = item
        else:
            places[key] = len(written)
            written.append(item)
    return written


def _is_group(item: JsonObject) -> bool:
    return item.get("type") == "namespace"


def _brought_along(request: ChatRequest) -> list[JsonObject]:
    items = [object_at(own(message.ext), "raw") or {} for message in request.messages]
    return [tool for item in items for tool in objects_at(item, "tools")]


def _encode(tool: ToolSpec | ServerTool, receipt: Receipt, path: str) -> JsonObject | None:
    if isinstance(tool, ServerTool):
        return _encode_server_tool(tool, receipt, path)
    kept = own(tool.ext)
    if kept.get("lifted"):
        return None
    return object_at(kept, "group") or encode_spec(tool, receipt, path)


def encode_spec(tool: ToolSpec, receipt: Receipt, path: str) -> JsonObject:
    """Return a client's tool; `strict` is said explicitly unless its absence came from this format.

    OpenAI takes a missing `strict` for something near true (wire-formats.md §2.1).
    """
    item: JsonObject = {"type": tool.kind, "name": tool_name(tool.name)}
    if item["name"] != tool.name:
        receipt.coerced(path, f"OpenAI does not take the name {tool.name!r}")
    if tool.description is not None:
        item["description"] = tool.description
    if tool.kind == "custom":
        if tool.format is not None:
            item["format"] = tool.format
    elif not is_own(tool.ext):
        item["parameters"] = tool.schema if isinstance(tool.schema, dict) else _NO_ARGUMENTS
        item["strict"] = tool.strict is True and is_closed(item["parameters"])
        if tool.strict and not item["strict"]:
            receipt.coerced(f"{path}.strict", "off: OpenAI's strict schemas leave nothing open")
    else:
        item.update(_given(tool))
    return {**(object_at(own(tool.ext), "tool") or {}), **item}


def _given(tool: ToolSpec) -> JsonObject:
    given = {"parameters": tool.schema, "strict": tool.strict}
    return {key: value for key, value in given.items() if value is not None}


def _encode_server_tool(tool: ServerTool, receipt: Receipt, path: str) -> JsonObject | None:
    if tool.dialect == NAME:
        return tool.raw
    if tool.purpose == "web_search":
        return _web_search(tool.raw, receipt, path)
    if tool.purpose == "code_execution":
        receipt.coerced(path, "run by OpenAI's code interpreter")
        return {"type": "code_interpreter", "container": {"type": "auto"}}
    receipt.dropped(path, f"a tool that only {tool.dialect} runs")
    return None


def _web_search(raw: JsonObject, receipt: Receipt, path: str) -> JsonObject:
    search: JsonObject = {"type": "web_search"}
    for inner in _WRAPPERS:
        raw = {**rest(raw, frozenset({inner})), **(object_at(raw, inner) or {})}
    if size := text_at(raw, "search_context_size"):
        search["search_context_size"] = size
    place = object_at(raw, "user_location")
    if place is not None:
        place = {**place, **(object_at(place, "approximate") or {})}  # chat nests it
        known = {key: value for key, value in place.items() if key in _PLACE}
        search["user_location"] = {**known, "type": "approximate"}
    domains = raw.get("allowed_domains")
    if isinstance(domains, list) and domains:
        search["filters"] = {"allowed_domains": domains}
    for key, value in rest(raw, _SAID).items():
        if value not in (None, {}, []):
            receipt.dropped(f"{path}.{key}", "web search here has no such option")
    return search
