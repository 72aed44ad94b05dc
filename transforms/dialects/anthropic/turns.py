"""Mend a conversation: who speaks when, and which result answers which call.

Anthropic answers 400 to a call without its result in the very next turn, to a result without its
call, to an empty turn and to a first turn that is not the user's. Other formats are freer
(wire-formats.md §3.1, §7.3, §7.4), so this runs over every request, after its parts are written.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from plexus.transforms.codec import Receipt
from plexus.transforms.wire import JsonObject, objects_at, text_at

NO_RESULT: Final = "[no result: interrupted]"
PLACEHOLDER: Final = "."
GO_ON: Final = "Continue."

_ORPHAN: Final = "[result of an earlier tool call]"


@dataclass(slots=True)
class Turn:
    """A turn under repair; its blocks are our own and may be changed."""

    role: Literal["user", "assistant", "system"]
    blocks: list[JsonObject]
    ext: JsonObject = field(default_factory=dict)

    def of_type(self, kind: str) -> list[JsonObject]:
        """The blocks of one type, in order."""
        return [block for block in self.blocks if block.get("type") == kind]


def mend(turns: Iterable[Turn], receipt: Receipt, *, prefill: bool = True) -> list[Turn]:
    """Return the turns in a form that Anthropic accepts; with `prefill`, an answer may be last."""
    mended = _merged(_paired(_merged(turns), receipt))
    if not mended or mended[0].role != "user":
        receipt.invented("messages[0]", "a first turn of the user")
        mended.insert(0, Turn("user", [{"type": "text", "text": PLACEHOLDER}]))
    if mended[-1].role == "assistant" and not prefill:
        receipt.invented(f"messages[{len(mended)}]", "a last turn of the user: it cannot go on")
        mended.append(Turn("user", [{"type": "text", "text": GO_ON}]))
    _trim_prefill(mended[-1], receipt)
    return [turn for turn in mended if turn.blocks]


def _merged(turns: Iterable[Turn]) -> list[Turn]:
    merged: list[Turn] = []
    for turn in turns:
        if not turn.blocks:
            continue
        if merged and merged[-1].role == turn.role:
            merged[-1].blocks += turn.blocks
            merged[-1].ext |= turn.ext
        else:
            merged.append(turn)
    return merged


def _paired(turns: list[Turn], receipt: Receipt) -> list[Turn]:
    """Put each round's results right behind its calls."""
    paired: list[Turn] = []
    used: set[str] = set()
    start = 0
    while start < len(turns):
        end = start + 1
        while end < len(turns) and turns[end].role != "assistant":
            end += 1
        paired += _round(turns[start:end], used, receipt)
        start = end
    return paired


def _round(turns: list[Turn], used: set[str], receipt: Receipt) -> list[Turn]:
    """Mend one answer of the assistant and all that follows up to the next."""
    first = turns[0]
    calls = first.of_type("tool_use") if first.role == "assistant" else []
    results = [result for turn in turns for result in turn.of_type("tool_result")]
    if not calls and not results:
        return turns
    strays = first.of_type("tool_result") if first.role == "assistant" else []
    if strays:
        first.blocks = [b for b in first.blocks if b.get("type") != "tool_result"]
        turns = [first, Turn("user", strays), *turns[1:]]
    answers = [_answer(call, results, used, receipt) for call in calls]
    for turn in turns:
        turn.blocks = _without_results(turn.blocks, results, receipt)
    if answers:
        turns = [first, Turn("user", answers), *turns[1:]]
    return turns


def _answer(
    call: JsonObject, results: list[JsonObject], used: set[str], receipt: Receipt
) -> JsonObject:
    """Take the result of `call` out of `results`; call and result get an unused id."""
    original = text_at(call, "id") or ""
    call["id"] = fresh = _fresh(original, used)
    if fresh != original:
        receipt.coerced("messages", f"the id {original} of a second tool call becomes {fresh}")
    for number, result in enumerate(results):
        if result["tool_use_id"] == original:
            return {**results.pop(number), "tool_use_id": fresh}
    receipt.invented("messages", f"a result for the tool call {original}, which has none")
    return {"type": "tool_result", "tool_use_id": fresh, "content": NO_RESULT}


def _fresh(original: str, used: set[str]) -> str:
    fresh, number = original, 1
    while fresh in used:
        number += 1
        fresh = f"{original[:56]}_{number}"
    used.add(fresh)
    return fresh


def _without_results(
    blocks: list[JsonObject], orphans: list[JsonObject], receipt: Receipt
) -> list[JsonObject]:
    """Drop the results, which stand elsewhere by now; those that answer no call become text."""
    kept: list[JsonObject] = []
    for block in blocks:
        if block.get("type") != "tool_result":
            kept.append(block)
        elif any(block is orphan for orphan in orphans):
            receipt.coerced("messages", f"the result {block['tool_use_id']} answers no call: text")
            kept += _told(block)
    return kept


def _told(result: JsonObject) -> list[JsonObject]:
    inner = objects_at(result, "content")
    texts = [text_at(result, "content"), *(text_at(block, "text") for block in inner)]
    text = "\n".join([_ORPHAN, *(told for told in texts if told)])
    rest = [block for block in inner if block.get("type") in ("image", "document")]
    return [{"type": "text", "text": text}, *rest]


def _trim_prefill(last: Turn, receipt: Receipt) -> None:
    """Trim the end of an answer that the model is to go on with."""
    block = last.blocks[-1]
    text = text_at(block, "text")
    if last.role != "assistant" or block.get("type") != "text" or text is None:
        return
    trimmed = text.rstrip()
    if trimmed != text:
        receipt.coerced("messages", "white space at the end of the prefilled answer trimmed")
        block["text"] = trimmed


def needs_thinking(turns: list[Turn]) -> bool:
    """Whether the last answer lacks the thinking block it would need with thinking on.

    True where that answer goes on: behind its tools' results, or as a prefill. Older models answer
    400 "Expected `thinking` or `redacted_thinking`" (wire-formats.md §7.5).
    """
    index = next((i for i in range(len(turns) - 1, -1, -1) if turns[i].role == "assistant"), None)
    if index is None:
        return False
    goes_on = index == len(turns) - 1 or bool(turns[index + 1].of_type("tool_result"))
    first = turns[index].blocks[0].get("type")
    return goes_on and first not in ("thinking", "redacted_thinking")
