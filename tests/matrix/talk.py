"""A conversation of any client: what it is about, what it says, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from plexus.transforms.wire import JsonObject

PARAMETERS: JsonObject = {
    "type": "object",
    "properties": {"city": {"type": "string", "description": "a city's name"}},
    "required": ["city"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class File:
    """A picture or a document."""

    mime: str
    data: str  # base64

    @property
    def url(self) -> str:
        """As a data URL."""
        return f"data:{self.mime};base64,{self.data}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What a conversation is about, in no client's words."""

    model: str
    stream: bool = False
    system: str | None = "Be brief."
    limit: int | None = None  # tokens of the answer
    temperature: float | None = None
    tool: str | None = None  # the name of a tool that takes PARAMETERS
    freeform: bool = False  # the tool takes free text instead (OpenAI's clients only)
    forced: bool = False  # it must be called, and once only
    schema: JsonObject | None = None  # of the answer
    think: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Tokens as all clients can be told them: totals include their parts."""

    prompt: int | None
    output: int | None
    cached: int | None = 0
    written: int | None = 0  # None: this client's format has no such count
    reasoning: int | None = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the client's SDK made of an answer."""

    text: str = ""
    thoughts: str = ""
    refusal: str = ""
    calls: tuple[tuple[str, JsonObject | str], ...] = ()  # with the text of a freeform one
    stop: str  # the client's own word
    counts: Counts
    headers: Mapping[str, str] = field(default_factory=dict)


class StreamFailed(Exception):
    """The stream told of an error in an event that the SDK leaves to the application."""


class Talk(Protocol):
    """A conversation; it keeps its own history, in the way the SDK's users do."""

    async def ask(self, words: str, file: File | None = None) -> Answer:
        """Say something, and show something perhaps."""
        ...

    def turn_to(self, model: str) -> None:
        """Go on with another model."""
        ...

    async def give(self, results: Sequence[str | File]) -> Answer:
        """Return the results of the calls just made, in their order."""
        ...


class Client(Protocol):
    """One vendor's SDK, pointed at the gateway."""

    name: str
    stops: Mapping[str, str]  # its words for end, tools, length, refusal

    def talk(self, topic: Topic) -> Talk:
        """Begin a conversation."""
        ...

    async def close(self) -> None:
        """Let go of its connections."""
        ...
