"""Estimate tokens where a provider reported none: a stream that was cut, a reply without usage.

About four characters of text to a token; coarse, and marked as an estimate wherever it is shown.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from plexus.transforms.codec import Dialect
from plexus.transforms.errors import GatewayError
from plexus.transforms.events import BlockDelta, Event
from plexus.transforms.ir import Usage
from plexus.transforms.wire import Json, JsonObject

_CHARS_PER_TOKEN: Final = 4
_SAMPLE: Final = 32 * 1024  # bytes of a stream that are kept to tell text from packaging
_PROMPT_FIELDS: Final = (
    "system", "messages", "instructions", "input", "contents", "systemInstruction", "tools",
)  # fmt: skip
_BASE64: Final = re.compile(r"\A(data:[^,]{0,200},)?[A-Za-z0-9+/_=-]{512,}\Z")


class Seen:
    """How much of a provider's stream went by: constant memory, whatever its length."""

    __slots__ = ("_kept", "_sample", "_total")

    def __init__(self) -> None:
        self._sample: list[bytes] = []
        self._kept = 0
        self._total = 0

    def add(self, data: bytes) -> None:
        """Count the next bytes."""
        self._total += len(data)
        if self._kept < _SAMPLE:
            self._sample.append(data)
            self._kept += len(data)

    def output_tokens(self, dialect: Dialect) -> int:
        """Estimate the tokens generated so far; beyond the sample, in proportion to it."""
        if not self._kept:
            return 0
        decoder = dialect.chat.stream_decoder()
        try:
            events: list[Event] = [e for data in self._sample for e in decoder.feed(data)]
        except GatewayError:
            return 0
        chars = sum(len(event.text) for event in events if isinstance(event, BlockDelta))
        return tokens_of(chars * self._total / self._kept)


def tokens_of(chars: float) -> int:
    """Return the tokens that so many characters make, rounded up."""
    return math.ceil(chars / _CHARS_PER_TOKEN)


def input_tokens(body: JsonObject) -> int:
    """Estimate the prompt of a request in any format; media count nothing."""
    texts = (text for name in _PROMPT_FIELDS for text in _texts(body.get(name)))
    return tokens_of(sum(len(text) for text in texts))


def completed(usage: Usage | None, body: JsonObject | None, output: int) -> Usage:
    """Return `usage` with what it lacks estimated: the prompt, and `output` tokens."""
    usage = usage if usage is not None else Usage()
    if usage.input is None:
        usage = replace(usage, input=input_tokens(body if body is not None else {}))
    if usage.output is None or usage.output < output:
        usage = replace(usage, output=output)
    return usage


def _texts(value: Json) -> Iterator[str]:
    match value:
        case str():
            if _BASE64.match(value) is None:
                yield value
        case list():
            for item in value:
                yield from _texts(item)
        case dict():
            for name, item in value.items():
                yield name
                yield from _texts(item)
        case _:
            pass
