"""What a provider was asked, in no format's words: just enough to say what arrived."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from plexus.transforms.wire import Json, JsonObject, objects_at, text_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The content of a request."""

    system: str
    said: tuple[str, ...]  # by the user
    files: tuple[str, ...]  # pictures and documents, of results too: data URLs
    calls: tuple[tuple[str, Json], ...]  # names and arguments; of a freeform one {"input": text}
    results: tuple[str, ...]
    tools: Mapping[str, Json]  # schemas by name, of the tools that the client runs
    freeform: frozenset[str] = frozenset()  # names of the tools that take free text
    forced: str | None  # the tool that must be called
    schema: Json  # of the answer
    limit: int | None
    seals: tuple[str, ...]  # signatures, encrypted reasoning: in order
    thoughts: tuple[str, ...]  # reasoning sent back in readable form


def texts(holder: JsonObject, key: str = "content") -> Iterator[str]:
    """The texts of a content, which may also be one lone string."""
    if (lone := text_at(holder, key)) is not None:
        yield lone
    for part in objects_at(holder, key):
        yield from strings(part, "text")


def strings(holder: JsonObject, *keys: str) -> Iterator[str]:
    """The strings under these keys that are there and not empty."""
    for key in keys:
        if text := text_at(holder, key):
            yield text


def data_url(mime: str | None, data: str | None) -> str:
    """Return a file as `Asked` has it."""
    return f"data:{mime};base64,{data}"
