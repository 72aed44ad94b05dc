"""Tell an answer that says nothing from one that does (dataplane.md §3.5)."""

from __future__ import annotations

from typing import Final, assert_never

from plexus.transforms.ir import (
    ChatResponse,
    Choice,
    Media,
    Opaque,
    Part,
    Refusal,
    Stop,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from plexus.transforms.wire import Json

# Fields in which dialects keep a finish reason that the IR has no word for, and the natural ones.
_REASONS: Final = ("finish_reason", "stop_reason", "finishReason")
_NATURAL: Final = frozenset({"stop", "end_turn", "eos"})


def is_empty(response: ChatResponse) -> bool:
    """Whether the model stopped of its own accord in every choice and showed nothing in any.

    A seal alone shows nothing. Whoever stops for another reason (length, filter, refusal, tools,
    a word that we do not know) has said that much, and another try would say it again.
    """
    return all(_is_blank(choice) for choice in response.choices)


def _is_blank(choice: Choice) -> bool:
    return _is_natural(choice) and not any(_is_visible(part) for part in choice.parts)


def _is_natural(choice: Choice) -> bool:
    if choice.stop is not Stop.END and (choice.stop is not Stop.OTHER or choice.stop_detail):
        return False
    kept = (fields.get(name) for fields in choice.ext.values() for name in _REASONS)
    return all(reason.lower() in _NATURAL for reason in kept if isinstance(reason, str))


def _is_visible(part: Part) -> bool:
    match part:
        case Text():
            return bool(part.text.strip() or part.citations)
        case Thinking():
            return bool(part.text.strip() or "".join(part.segments).strip())
        case Refusal():
            return bool(part.text.strip())
        case Media():
            return bool(part.data or part.url or part.file_id or part.text)
        case Opaque():
            return not _is_missing_image(part.raw)
        case ToolCall() | ToolResult():
            return True
        case _:
            assert_never(part)


def _is_missing_image(raw: Json) -> bool:
    if not isinstance(raw, dict) or raw.get("type") != "image_generation_call":
        return False
    return not raw.get("result")
