"""Put a conversation into the order that chat providers insist on (wire-formats.md §7.4).

Every call must be answered, by tool messages that stand right behind its turn in the order of the
calls. Neighbouring assistant turns of other dialects become one; results without a call become
words; calls without a result get one that says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from plexus.transforms.codec import Receipt
from plexus.transforms.ir import Media, Message, Opaque, Part, Text, ToolCall, ToolResult

from .fields import is_own

_NO_RESULT: Final = "[no result: interrupted]"


@dataclass(slots=True)  # nobody changes it, but to freeze one for every message takes its time
class Turn:
    """A message with its place in the request; a tool result has a turn of its own."""

    at: int
    message: Message
    part: int | None = None  # the result's place in the message that it came in

    @property
    def path(self) -> str:
        """Where the turn stood in the request, as receipts name it."""
        path = f"messages[{self.at}]"
        return path if self.part is None else f"{path}.parts[{self.part}]"


def arrange(messages: Sequence[Message], receipt: Receipt, *, media: bool) -> list[Turn]:
    """Return the turns in a provider's order.

    With `media`, tool messages may hold pictures; else these follow in a user message behind all
    the results of their turn.
    """
    arranged: list[Turn] = []
    round_: list[Turn] = []
    for turn in _merged(messages):
        if turn.message.role != "assistant":
            round_.append(turn)
            continue
        arranged += _round(round_, receipt, media=media)
        round_ = [turn]
    return arranged + _round(round_, receipt, media=media)


def _merged(messages: Sequence[Message]) -> list[Turn]:
    merged: list[Turn] = []
    last: Message | None = None
    for at, message in enumerate(messages):
        if message.role != "assistant":
            last = None
        elif last is not None and not is_own(last.ext) and not is_own(message.ext):
            last = replace(last, parts=(*last.parts, *message.parts))
            merged[-1] = Turn(merged[-1].at, last)
            continue
        else:
            last = message
        merged.append(Turn(at, message))
    return merged


def _round(turns: list[Turn], receipt: Receipt, *, media: bool) -> list[Turn]:
    """Arrange an assistant's turn and everything up to the next one."""
    calls = [
        part for turn in turns[:1] for part in turn.message.parts if isinstance(part, ToolCall)
    ]
    wanted = {call.id for call in calls}
    answers: dict[str, Turn] = {}
    rest: list[Turn] = []
    for turn in turns:
        if [part for part in turn.message.parts if isinstance(part, ToolResult)]:
            rest += _without_answers(turn, wanted, answers, receipt)
        else:
            rest.append(turn)
    if not calls:
        return rest
    results = [answers.get(call.id) or _invented(call, turns[0], receipt) for call in calls]
    shown: list[Turn] = []
    if not media and any([_has_media(part) for turn in results for part in turn.message.parts]):
        results, shown = _pictures_apart(results, receipt)
    return [rest[0], *results, *shown, *rest[1:]]


def _without_answers(
    turn: Turn, wanted: set[str], answers: dict[str, Turn], receipt: Receipt
) -> list[Turn]:
    """Move the wanted of a turn's results into `answers` and return what is left of the turn."""
    message = turn.message
    parts: list[Part] = []
    for at, part in enumerate(message.parts):
        if not isinstance(part, ToolResult):
            parts.append(part)
        elif part.call_id in wanted and part.call_id not in answers:
            answers[part.call_id] = Turn(turn.at, _with_parts(message, (part,)), at)
        else:
            path = f"{turn.path}.parts[{at}]"
            receipt.coerced(path, f"result of the unknown call {part.call_id} as text")
            parts += _as_words(part)
    return [Turn(turn.at, _with_parts(message, tuple(parts)))] if parts else []


def _with_parts(message: Message, parts: tuple[Part, ...]) -> Message:
    if parts == message.parts:
        return message
    return Message(role=message.role, parts=parts, name=message.name, ext=message.ext)


def _as_words(result: ToolResult) -> list[Part]:
    return [Text(text=f"[result of tool call {result.call_id}]"), *result.parts]


def _invented(call: ToolCall, head: Turn, receipt: Receipt) -> Turn:
    receipt.invented(f"{head.path}.result", f"the call {call.id} has no result")
    result = ToolResult(
        call_id=call.id, name=call.name, kind=call.kind, parts=(Text(text=_NO_RESULT),)
    )
    return Turn(head.at, Message(role="user", parts=(result,)))


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
        plain.append(replace(turn, message=replace(turn.message, parts=(slim,))))
    return plain, [replace(results[-1], message=Message(role="user", parts=tuple(shown)))]


def _has_media(result: Part) -> bool:
    if not isinstance(result, ToolResult):
        return False
    return bool([part for part in result.parts if isinstance(part, Media)])


def _says(parts: tuple[Text | Media | Opaque, ...]) -> bool:
    return any(isinstance(part, Opaque) or (isinstance(part, Text) and part.text) for part in parts)
