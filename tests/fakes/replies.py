"""Native answers of the four formats, by the names that configuration uses for them.

`NATIVE[name]` has the same functions for each: `text`, `tools`, `stream`, `tool_stream`, `answer`,
`answer_stream`, `error`, `stream_error`, `usage`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tests.fakes.native import chat, gemini, messages, responses
from tests.fakes.native.shapes import Call, Piece, Stop, Tokens

__all__ = ["NATIVE", "Call", "Native", "Tokens", "chat", "gemini", "messages", "responses"]


class Native(Protocol):
    """What a provider of one format can say."""

    def text(
        self, content: str, *, model: str = ..., tokens: Tokens = ..., thinking: str = ...
    ) -> dict[str, object]:
        """A whole answer."""
        ...

    def tools(self, *calls: Call, model: str = ..., tokens: Tokens = ...) -> dict[str, object]:
        """A whole answer that calls tools."""
        ...

    def stream(
        self, pieces: Sequence[str], *, model: str = ..., tokens: Tokens = ..., thinking: str = ...
    ) -> list[bytes]:
        """An answer in frames."""
        ...

    def tool_stream(self, *calls: Call, model: str = ..., tokens: Tokens = ...) -> list[bytes]:
        """An answer in frames that calls tools."""
        ...

    def answer(
        self, *pieces: Piece, stop: Stop = ..., model: str = ..., tokens: Tokens = ...
    ) -> dict[str, object]:
        """A whole answer of any pieces: thoughts with seals, words, refusals, calls."""
        ...

    def answer_stream(
        self, *pieces: Piece, stop: Stop = ..., model: str = ..., tokens: Tokens = ...
    ) -> list[bytes]:
        """The same in frames."""
        ...

    def error(self, status: int, message: str, code: str | None = ...) -> dict[str, object]:
        """The body of an error reply."""
        ...

    def stream_error(self, message: str) -> bytes:
        """The frame of an error within a stream."""
        ...

    def usage(self, tokens: Tokens) -> dict[str, object]:
        """Usage as the format counts."""
        ...


NATIVE: dict[str, Native] = {
    "chat": chat,
    "responses": responses,
    "messages": messages,
    "gemini": gemini,
}
