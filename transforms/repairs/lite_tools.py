"""Leave out the tools that the light form of the Responses API does not know."""

from __future__ import annotations

from typing import Final

from plexus.transforms.wire import Json, JsonObject, list_at, text_at

_DIALECT: Final = "responses:lite"
_KNOWN: Final = frozenset({"function", "custom", "tool_search"})


def mend(dialect: str, body: JsonObject, text: str) -> JsonObject | None:
    """Return the body with the tools that are known there, if `text` says that others are not.

    OpenAI: "… only supports function tools, custom tools, and client-executed tool search"
    (Wei-Shaw/sub2api#4455).
    """
    if dialect != _DIALECT or not _says_so(text.lower()):
        return None
    tools = list_at(body, "tools")
    kept = [tool for tool in tools if _is_known(tool)]
    return None if len(kept) == len(tools) else {**body, "tools": kept}


def _says_so(words: str) -> bool:
    return "only" in words and all(
        word in words.replace("_", " ") for word in ("function", "custom", "tool search")
    )


def _is_known(tool: Json) -> bool:
    return isinstance(tool, dict) and text_at(tool, "type") in _KNOWN
