"""Leave out the advisor's results, which are sealed for the account that they were made for."""

from __future__ import annotations

from typing import Final

from plexus.transforms.repairs.blocks import all_blocks, without_blocks
from plexus.transforms.wire import JsonObject, text_at

_RESULT: Final = "advisor_tool_result"
_CALLS: Final = frozenset({"server_tool_use", "advisor_tool_use"})
_PLACEHOLDER: Final = "[advisor result elided]"


def mend(_dialect: str, body: JsonObject, text: str) -> JsonObject | None:
    """Return the body without the advisor's results and calls, if `text` says so.

    Anthropic: "Advisor tool result content could not be processed" (anthropics/claude-code#50223).
    """
    words = text.lower()
    if "advisor" not in words or "could not be processed" not in words:
        return None
    results = [block for block in all_blocks(body) if text_at(block, "type") == _RESULT]
    answered = {text_at(result, "tool_use_id") for result in results} - {None}

    def unwanted(block: JsonObject) -> bool:
        kind = text_at(block, "type")
        return kind == _RESULT or (kind in _CALLS and text_at(block, "id") in answered)

    return without_blocks(body, unwanted, _PLACEHOLDER)
