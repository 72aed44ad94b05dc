"""What the four native formats have in common: token counts, tool calls, frames."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

CREATED = 1_700_000_000  # seconds since 1970; every fake answer was made then


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Usage in terms that all four formats can report; totals include their parts."""

    prompt: int = 11  # cached ones included
    output: int = 5  # reasoning included
    cached: int = 0
    reasoning: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A tool call; `arguments` is JSON text."""

    name: str = "get_weather"
    arguments: str = '{"city":"Paris"}'
    id: str = "call_1"


TOKENS = Tokens()
CALL = Call()


def frame(data: Mapping[str, object] | str, event: str | None = None) -> bytes:
    """Print one SSE event, independently of the code under test."""
    text = data if isinstance(data, str) else compact(data)
    head = f"event: {event}\n" if event else ""
    return f"{head}data: {text}\n\n".encode()


def compact(data: object) -> str:
    """Print JSON as providers do in streams."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def halves(text: str) -> list[str]:
    """Cut a text in two, as models cut a call's arguments."""
    middle = len(text) // 2
    return [piece for piece in (text[:middle], text[middle:]) if piece]
