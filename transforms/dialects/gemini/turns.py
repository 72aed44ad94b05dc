"""Arrange messages as Gemini's turns: user and model in alternation, every call answered at once.

Turns that a Gemini client wrote stay exactly as they are: what is wrong with them is for Google to
say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.gemini.keys import is_own, own
from plexus.transforms.ir import Message, Part, Role, Text, ToolCall, ToolResult
from plexus.transforms.wire import JsonObject

INTERRUPTED: Final = "[no result: interrupted]"  # wire-formats.md §7.4


@dataclass(slots=True)
class Turn:
    """Neighbouring messages of one role; each part with the path where it stood."""

    role: Literal["user", "model"]
    parts: list[tuple[str, Part]] = field(default_factory=list)
    native: bool = False  # a Gemini client's own content
    fields: JsonObject = field(default_factory=dict)  # what such a content held besides

    def calls(self) -> list[ToolCall]:
        """The calls in this turn."""
        return [part for _, part in self.parts if isinstance(part, ToolCall)]


def arrange(messages: Iterable[tuple[int, Message]], receipt: Receipt) -> list[Turn]:
    """Return the turns of the numbered messages, mended where Gemini would refuse them.

    Same-role neighbours are merged; results come first, in the order of their calls, made up where
    one is missing; a result without its call becomes text.
    """
    return _answered(_merged(messages, receipt), receipt)


def _merged(messages: Iterable[tuple[int, Message]], receipt: Receipt) -> list[Turn]:
    turns: list[Turn] = []
    for number, message in messages:
        role: Literal["user", "model"] = "model" if message.role == "assistant" else "user"
        native = is_own(message.ext)
        parts = _parts(message, f"messages[{number}]", receipt)
        if not parts and not native:
            continue
        if turns and turns[-1].role == role and not (native and turns[-1].native):
            turns[-1].parts += parts
            turns[-1].native = False
        else:
            turns.append(Turn(role, parts, native, own(message.ext)))
    return turns


def _parts(message: Message, path: str, receipt: Receipt) -> list[tuple[str, Part]]:
    if message.name is not None:
        receipt.dropped(f"{path}.name", "Gemini's turns bear no names")
    parts = [(f"{path}.parts[{n}]", part) for n, part in enumerate(message.parts)]
    if is_own(message.ext):
        return parts
    misplaced = ToolResult if message.role == "assistant" else ToolCall
    if [part for part in message.parts if isinstance(part, misplaced)]:
        parts = _in_place(parts, message.role, receipt)
    if message.role not in {"system", "developer"}:
        return parts
    receipt.coerced(path, "a system message in mid-conversation goes as the user's text")
    return [(where, _reminder(part)) for where, part in parts]


def _in_place(
    numbered: list[tuple[str, Part]], role: Role, receipt: Receipt
) -> list[tuple[str, Part]]:
    """Leave out the user's calls, and put the model's results into words."""
    parts: list[tuple[str, Part]] = []
    for where, part in numbered:
        if isinstance(part, ToolCall) and role != "assistant":
            receipt.dropped(where, "only the model calls tools")
        elif isinstance(part, ToolResult) and role == "assistant":
            receipt.coerced(where, "a result in the model's turn: sent as text")
            parts += [(where, piece) for piece in _as_text(part)]
        else:
            parts.append((where, part))
    return parts


def _reminder(part: Part) -> Part:
    if not isinstance(part, Text):
        return part
    return Text(text=f"<system-reminder>\n{part.text}\n</system-reminder>")


def _answered(turns: list[Turn], receipt: Receipt) -> list[Turn]:
    """Put every call's result right behind it, and turn results without a call into text."""
    answered: list[Turn] = []
    for turn in turns:
        before = answered[-1] if answered else None
        if turn.role == "user" and not turn.native:
            calls = before.calls() if before is not None and before.role == "model" else []
            turn.parts = _in_order(turn.parts, calls, receipt)
        answered.append(turn)
    last = answered[-1] if answered else None
    if last is not None and last.role == "model" and not last.native and last.calls():
        answered.append(Turn("user", _in_order([], last.calls(), receipt)))
    return answered


def _in_order(
    parts: list[tuple[str, Part]], calls: list[ToolCall], receipt: Receipt
) -> list[tuple[str, Part]]:
    if not calls and not [part for _, part in parts if isinstance(part, ToolResult)]:
        return parts
    results: dict[str, list[tuple[str, ToolResult]]] = {call.id: [] for call in calls}
    wanted = Counter(call.id for call in calls)  # some servers give every call the same id
    others: list[tuple[str, Part]] = []
    for path, part in parts:
        if not isinstance(part, ToolResult):
            others.append((path, part))
        elif len(results.get(part.call_id, ())) < wanted[part.call_id]:
            results[part.call_id].append((path, part))
        else:
            receipt.coerced(path, f"no call {part.call_id} in the turn before: sent as text")
            others += [(path, piece) for piece in _as_text(part)]
    return [*(_result(call, results[call.id], receipt) for call in calls), *others]


def _result(
    call: ToolCall, given: list[tuple[str, ToolResult]], receipt: Receipt
) -> tuple[str, Part]:
    if given:
        path, result = given.pop(0)
        return path, result if result.name == call.name else replace(result, name=call.name)
    receipt.invented(f"result of {call.id}", "a call without one is refused")
    text = Text(text=INTERRUPTED)
    return "messages", ToolResult(call_id=call.id, name=call.name, parts=(text,))


def _as_text(result: ToolResult) -> list[Part]:
    label = f"[result of {result.name or result.call_id}]"
    return [Text(text=label), *result.parts]
