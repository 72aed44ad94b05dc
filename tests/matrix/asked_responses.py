"""Read what a Responses provider was asked."""

from __future__ import annotations

from collections.abc import Iterator

from plexus.transforms.wire import Json, JsonObject, count_at, object_at, objects_at, parse, text_at
from tests.matrix.asked import Asked, strings, texts

_CALLS = ("function_call", "custom_tool_call")
_RESULTS = ("function_call_output", "custom_tool_call_output")


def read(body: JsonObject) -> Asked:
    """Read a request."""
    items = objects_at(body, "input")
    users = [item for item in items if item.get("role") == "user"]
    prompts = [item for item in items if item.get("role") in ("system", "developer")]
    thoughts = [item for item in items if item.get("type") == "reasoning"]
    results = [item for item in items if item.get("type") in _RESULTS]
    tools = [tool for tool in objects_at(body, "tools") if tool.get("type") in _KINDS]
    system = [*strings(body, "instructions"), *(text for item in prompts for text in texts(item))]
    return Asked(
        system="\n".join(system),
        said=(*strings(body, "input"), *(text for item in users for text in texts(item))),
        files=tuple(url for item in items for url in _files(item)),
        calls=tuple(
            (text_at(item, "name") or "", _arguments(item))
            for item in items
            if item.get("type") in _CALLS
        ),
        results=tuple(text for item in results for text in texts(item, "output")),
        tools={text_at(tool, "name") or "": tool.get("parameters") for tool in tools},
        freeform=frozenset(
            text_at(tool, "name") or "" for tool in tools if tool.get("type") == "custom"
        ),
        forced=text_at(object_at(body, "tool_choice") or {}, "name"),
        schema=(object_at(object_at(body, "text") or {}, "format") or {}).get("schema"),
        limit=count_at(body, "max_output_tokens"),
        seals=tuple(seal for item in thoughts for seal in strings(item, "encrypted_content")),
        thoughts=tuple(text for item in thoughts for text in texts(item, "summary")),
    )


_KINDS = ("function", "custom")  # the provider runs all others


def _arguments(item: JsonObject) -> Json:
    free = text_at(item, "input")
    return parse(text_at(item, "arguments") or "") if free is None else {"input": free}


def _files(item: JsonObject) -> Iterator[str]:
    for part in [*objects_at(item, "content"), *objects_at(item, "output")]:
        yield from strings(part, "image_url", "file_data")
