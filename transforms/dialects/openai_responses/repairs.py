"""Mend lists of items that OpenAI would refuse (wire-formats.md §2.1, §7.4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from plexus.transforms.codec import Receipt
from plexus.transforms.wire import Json, JsonObject, dump_text, text_at

_OUTPUTS: Final = {
    "function_call": "function_call_output",
    "custom_tool_call": "custom_tool_call_output",
}
_RESULTS: Final = frozenset(_OUTPUTS.values())
_CLIENTS: Final = frozenset({"additional_tools", "mcp_approval_response"}) | _RESULTS
_NO_RESULT: Final = "[no result: interrupted]"


@dataclass(slots=True)
class Placed:
    """An item, where in the request it came from, and its type; not to be changed."""

    item: JsonObject
    path: str
    kind: str = field(init=False)

    def __post_init__(self) -> None:
        self.kind = text_at(self.item, "type") or "message"


def repaired(items: Sequence[Placed], *, complete: bool, receipt: Receipt) -> list[JsonObject]:
    """Return the items with calls and results in pairs and no reasoning that nothing follows.

    `complete`: the items are the whole conversation, the provider has no earlier part of it.
    """
    if complete and "item_reference" not in [placed.kind for placed in items]:
        items = list(_answered(_called_for(items, receipt), receipt))
    return _without_loose_reasoning(items, receipt)


def _called_for(items: Sequence[Placed], receipt: Receipt) -> list[Placed]:
    # A result that names no call is malformed, which its provider is to say.
    called = {_call(placed.item) for placed in items if placed.kind not in _RESULTS} | {None}
    return [
        _in_words(placed, receipt)
        if placed.kind in _RESULTS and _call(placed.item) not in called
        else placed
        for placed in items
    ]


def _call(item: JsonObject) -> str | None:
    return text_at(item, "call_id")


def _in_words(placed: Placed, receipt: Receipt) -> Placed:
    receipt.coerced(placed.path, "a result without its call stands as a user's text")
    output = placed.item.get("output")
    if not isinstance(output, list):
        text = output if isinstance(output, str) else dump_text(output)
        output = [{"type": "input_text", "text": text}] if text else []
    lead: JsonObject = {
        "type": "input_text",
        "text": f"[result of tool call {_call(placed.item)}]",
    }
    content: list[Json] = [lead, *output]
    return Placed({"type": "message", "role": "user", "content": content}, placed.path)


def _answered(items: Sequence[Placed], receipt: Receipt) -> Iterable[Placed]:
    answers = {_call(placed.item) for placed in items if placed.kind in _RESULTS}
    for placed in items:
        yield placed
        kind = _OUTPUTS.get(placed.kind)
        if kind is not None and _call(placed.item) not in answers:
            receipt.invented(placed.path, "a result for a call that was never answered")
            answer: JsonObject = {"type": kind, "output": _NO_RESULT}
            yield Placed({**answer, "call_id": _call(placed.item)}, placed.path)


def _without_loose_reasoning(items: Sequence[Placed], receipt: Receipt) -> list[JsonObject]:
    # Reasoning must be followed by the item that it led to; else all of it is refused.
    kept: list[JsonObject] = []
    followed = False
    for placed in reversed(items):
        if placed.kind == "reasoning" and not followed:
            receipt.dropped(placed.path, "reasoning that nothing follows")
            continue
        kept.append(placed.item)
        followed = not _is_clients(placed)
    return kept[::-1]


def _is_clients(placed: Placed) -> bool:
    if placed.kind == "message":
        return placed.item.get("role") != "assistant"
    return placed.kind in _CLIENTS
