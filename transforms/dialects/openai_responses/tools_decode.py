"""Read the tools that a client declares: flat ones, namespaces of them, hosted ones.

A namespace becomes one tool per member, named `namespace__member`, because no other format knows
groups; each member keeps the whole group, so that it can be written back as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, Literal

from plexus.transforms.dialects.openai_responses.ids import tool_name
from plexus.transforms.dialects.openai_responses.origin import NAME, own
from plexus.transforms.ir import Message, Opaque, ServerTool, ToolSpec
from plexus.transforms.wire import Json, JsonObject, bool_at, list_at, objects_at, rest, text_at

type Tool = ToolSpec | ServerTool
type Purpose = Literal["web_search", "code_execution", "mcp", "other"]

_KNOWN: Final = frozenset({"type", "name", "description", "parameters", "strict", "format"})
_KINDS: Final = frozenset({"function", "custom"})
_BRINGERS: Final = frozenset({"additional_tools", "tool_search_output"})


def decode_tools(raw: list[Json]) -> tuple[Tool, ...]:
    """Return the tools of a request's `tools`."""
    return tuple(tool for item in raw if isinstance(item, dict) for tool in _decode(item))


def lift_tools(item: JsonObject, declared: set[str]) -> Iterator[Tool]:
    """Yield the tools that an input item brings along, marked as standing there already.

    `declared` holds the names known so far and grows (wire-formats.md §7.4, additional_tools).
    """
    for tool in decode_tools(list_at(item, "tools")):
        if isinstance(tool, ServerTool):
            yield tool
        elif tool.name not in declared:
            declared.add(tool.name)
            yield _with(tool, {"lifted": True})


def _with(tool: ToolSpec, more: JsonObject) -> ToolSpec:
    return replace(tool, ext={NAME: {**own(tool.ext), **more}})


def _decode(tool: JsonObject) -> list[Tool]:
    if tool.get("type") == "namespace":
        return _flatten(tool)
    spec = _spec(tool)
    return [spec or ServerTool(dialect=NAME, raw=tool, purpose=_purpose(tool))]


def _spec(tool: JsonObject) -> ToolSpec | None:
    kind, name = text_at(tool, "type"), text_at(tool, "name")
    if name is None or kind not in _KINDS:
        return None
    form = tool.get("format")
    return ToolSpec(
        name=name,
        description=text_at(tool, "description"),
        schema=tool.get("parameters"),
        strict=bool_at(tool, "strict"),
        kind="custom" if kind == "custom" else "function",
        format=form if isinstance(form, dict) else None,
        ext={NAME: {"tool": _leftovers(tool)}},
    )


def _leftovers(tool: JsonObject) -> JsonObject:
    kept = rest(tool, _KNOWN)
    # `null` is not the same as absent to a server that wants the key.
    kept.update({key: None for key in _KNOWN if key in tool and tool[key] is None})
    return kept


def _flatten(group: JsonObject) -> list[Tool]:
    namespace = text_at(group, "name")
    members = [spec for member in objects_at(group, "tools") if (spec := _spec(member))]
    if namespace is None or not members:
        return [ServerTool(dialect=NAME, raw=group)]
    return [_member(group, namespace, spec) for spec in members]


def _member(group: JsonObject, namespace: str, spec: ToolSpec) -> ToolSpec:
    flat = replace(spec, name=flat_name(namespace, spec.name))
    return _with(flat, {"group": group, "namespace": namespace, "name": spec.name})


def flat_name(namespace: str, name: str) -> str:
    """Return the one name of a namespace's tool; of at most 64 characters, as others want it.

    A tool that a search has loaded is in a namespace of its own name, and keeps that.
    """
    return name if namespace == name else tool_name(f"{namespace}__{name}")


def tool_items(message: Message) -> list[JsonObject]:
    """Return the input items in `message` that bring tools along: given, or found by a search."""
    if len(message.parts) == 1 and not isinstance(message.parts[0], Opaque) and not message.ext:
        return []
    found = [own(message.ext).get("raw")]
    found += [part.raw for part in message.parts if isinstance(part, Opaque)]
    return [item for item in found if isinstance(item, dict) and text_at(item, "type") in _BRINGERS]


def _purpose(tool: JsonObject) -> Purpose:
    kind = text_at(tool, "type") or ""
    if kind.startswith("web_search"):
        return "web_search"
    if kind == "code_interpreter":
        return "code_execution"
    return "mcp" if kind == "mcp" else "other"
