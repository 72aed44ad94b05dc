"""What the four native formats have in common: token counts, tool calls, frames."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

CREATED = 1_700_000_000  # seconds since 1970; every fake answer was made then


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Usage in terms that all four formats can report; totals include their parts."""

    prompt: int = 11  # cached ones included
    output: int = 5  # reasoning included
    cached: int = 0
    written: int = 0  # into the cache; Gemini reports none
    reasoning: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A tool call; `arguments` is JSON text, or any text for a custom tool (OpenAI's formats)."""

    name: str = "get_weather"
    arguments: str = '{"city":"Paris"}'
    id: str = "call_1"
    seal: str = ""  # Gemini's thought signature; the other formats sign no calls
    custom: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Thought:
    """Reasoning; `seal` is what its provider wants back with it: a signature, encrypted state."""

    text: str
    seal: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """Text, in as many pieces as a stream has."""

    pieces: tuple[str, ...]

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self.pieces)


@dataclass(frozen=True, slots=True)
class Refused:
    """The model's words for declining; Gemini has none."""

    text: str


type Piece = Thought | Said | Refused | Call
type Stop = Literal["end", "length", "refusal"]  # "end" is a call of tools where there are calls


def said(*pieces: str) -> Said:
    """Text in pieces."""
    return Said(pieces)


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
