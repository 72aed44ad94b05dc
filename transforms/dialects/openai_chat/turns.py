"""Put a conversation into the order that chat providers insist on (wire-formats.md §7.4).

Every call must be answered, by tool messages that stand right behind its turn in the order of the
calls. Neighbouring assistant turns of other dialects become one; results without a call become
words; calls without a result get one that says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from plexus.transforms.codec import Receipt
from plexus.transforms.ir import Media, Message, Opaque, Part, Text, ToolCall, ToolResult

from .fields import is_own

_OF_TOOLS: Final = (ToolCall, ToolResult)
_NO_RESULT: Final = "[no result: interrupted]"


class Turn(NamedTuple):
    """A message with the path it came from; a tool result has a turn of its own."""

    path: str
    message: Message


def arrange(messages: Sequence[Message], receipt: Receipt, *, media: bool) -> list[Turn]:
    """Return the turns in a provider's order.

    With `media`, tool messages may hold pictures; else these follow in a user message behind all
    the results of their turn.
    """
    arranged: list[Turn] = []
    round_: list[Turn] = []
    for turn in _merged(messages):
        if turn.message.role == "assistant":
            arranged += _round(round_, receipt, media=media)
            round_ = []
        round_.append(turn)
    return arranged + _round(round_, receipt, media=media)


def _merged(messages: Sequence[Message]) -> list[Turn]:
    merged: list[Turn] = []
    for at, message in enumerate(messages):
        before = merged[-1] if merged and message.role == "assistant" else None
        if before is not None and _is_one_answer(before.message, message):
            parts = (*before.message.parts, *message.parts)
            merged[-1] = Turn(before.path, replace(before.message, parts=parts))
        else:
            merged.append(Turn(f"messages[{at}]", message))
    return merged


def _is_one_answer(before: Message, answer: Message) -> bool:
    return before.role == "assistant" and not is_own(before.ext) and not is_own(answer.ext)


def _round(turns: list[Turn], receipt: Receipt, *, media: bool) -> list[Turn]:
    """Arrange an assistant's turn and everything up to the next one."""
    if not [part for turn in turns for part in turn.message.parts if isinstance(part, _OF_TOOLS)]:
        return turns
    head = turns[0]
    calls = [part for part in head.message.parts if isinstance(part, ToolCall)]
    answers: dict[str, Turn] = {}
    rest: list[Turn] = []
    wanted = {call.id for call in calls}
    for turn in turns:
        rest += _without_answers(turn, wanted, answers, receipt)
    if not calls:
        return rest
    results = [_answer(call, answers, head.path, receipt) for call in calls]
    shown: list[Turn] = []
    if not media:
        results, shown = _pictures_apart(results, receipt)
    return [rest[0], *results, *shown, *rest[1:]]


def _without_answers(
    turn: Turn, wanted: set[str], answers: dict[str, Turn], receipt: Receipt
) -> list[Turn]:
    """Move a turn's wanted results into `answers` and return what is left of the turn."""
    message = turn.message
    if not [part for part in message.parts if isinstance(part, ToolResult)]:
        return [turn]
    parts: list[Part] = []
    for at, part in enumerate(message.parts):
        path = f"{turn.path}.parts[{at}]"
        if not isinstance(part, ToolResult):
            parts.append(part)
        elif part.call_id in wanted and part.call_id not in answers:
            answers[part.call_id] = Turn(path, _with_parts(message, (part,)))
        else:
            receipt.coerced(path, f"result of the unknown call {part.call_id} as text")
            parts += _as_words(part)
    return [Turn(turn.path, _with_parts(message, tuple(parts)))] if parts else []


def _with_parts(message: Message, parts: tuple[Part, ...]) -> Message:
    return Message(role=message.role, parts=parts, name=message.name, ext=message.ext)


def _as_words(result: ToolResult) -> list[Part]:
    return [Text(text=f"[result of tool call {result.call_id}]"), *result.parts]


def _answer(call: ToolCall, answers: dict[str, Turn], path: str, receipt: Receipt) -> Turn:
    found = answers.get(call.id)
    if found is not None:
        return found
    receipt.invented(f"{path}.result", f"the call {call.id} has no result")
    result = ToolResult(
        call_id=call.id, name=call.name, kind=call.kind, parts=(Text(text=_NO_RESULT),)
    )
    return Turn(path, Message(role="user", parts=(result,)))


def _pictures_apart(results: list[Turn], receipt: Receipt) -> tuple[list[Turn], list[Turn]]:
    plain: list[Turn] = []
    shown: list[Part] = []
    for turn in results:
        result = turn.message.parts[0]
        if not isinstance(result, ToolResult) or not _has_media(result):
            plain.append(turn)
            continue
        kept = tuple(part for part in result.parts if not isinstance(part, Media))
        moved = [part for part in result.parts if isinstance(part, Media)]
        receipt.coerced(turn.path, "media in a user message behind the tool results")
        shown += [Text(text=f"[shown by tool call {result.call_id}]"), *moved]
        note = Text(text="[shown in the next user message]")
        slim = replace(result, parts=kept if _says(kept) else (note,))
        plain.append(Turn(turn.path, replace(turn.message, parts=(slim,))))
    if not shown:
        return plain, []
    return plain, [Turn(results[-1].path, Message(role="user", parts=tuple(shown)))]


def _has_media(result: ToolResult) -> bool:
    return bool([part for part in result.parts if isinstance(part, Media)])


def _says(parts: tuple[Text | Media | Opaque, ...]) -> bool:
    return any(isinstance(part, Opaque) or (isinstance(part, Text) and part.text) for part in parts)
