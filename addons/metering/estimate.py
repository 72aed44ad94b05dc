"""Estimate tokens where a provider reported none: a stream that was cut, a reply without usage.

Always marked as an estimate wherever it is shown.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from plexus.addons.metering.pictures import picture_tokens
from plexus.addons.metering.tokens import text_tokens
from plexus.transforms.codec import Dialect
from plexus.transforms.errors import GatewayError
from plexus.transforms.events import BlockDelta, BlockStarted, Event
from plexus.transforms.ir import Part, Refusal, Text, Thinking, ToolCall, Usage
from plexus.transforms.lazy_object import LazyObject
from plexus.transforms.wire import Json

_CHARS_PER_TOKEN: Final = 4
_SAMPLE: Final = 32 * 1024  # bytes of a stream that are kept to tell text from packaging
_PROMPT_FIELDS: Final = (
    "system", "messages", "instructions", "input", "contents", "systemInstruction", "tools",
)  # fmt: skip
_BASE64: Final = re.compile(r"\A(data:[^,]{0,200},)?[A-Za-z0-9+/_=-]{512,}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """Tokens of an answer; `reasoning` is a part of `output`."""

    output: int = 0
    reasoning: int = 0


class Seen:
    """How much of a provider's stream went by: constant memory, whatever its length."""

    __slots__ = ("_sample", "_total")

    def __init__(self) -> None:
        self._sample: list[bytes] = []
        self._total = 0

    def add(self, data: bytes) -> None:
        """Count the next bytes."""
        if self._total < _SAMPLE:
            self._sample.append(data)
        self._total += len(data)

    def output_tokens(self, dialect: Dialect) -> int:
        """Estimate the tokens generated so far."""
        return self.generated(dialect).output

    def generated(self, dialect: Dialect) -> Generated:
        """Estimate what was generated so far; beyond the sample, in proportion to it."""
        if not self._total:
            return Generated()
        decoder = dialect.chat.stream_decoder()
        try:
            events: list[Event] = [e for data in self._sample for e in decoder.feed(data)]
        except GatewayError:
            return Generated()
        deltas = [event for event in events if isinstance(event, BlockDelta)]
        names = [_named(event) for event in events if isinstance(event, BlockStarted)]
        thought = text_tokens("".join(d.text for d in deltas if d.kind == "thinking"))
        said = text_tokens("".join([*names, *(d.text for d in deltas if d.kind != "thinking")]))
        share = self._total / sum(map(len, self._sample))
        return Generated(
            output=math.ceil((said + thought) * share), reasoning=math.ceil(thought * share)
        )


def generated_parts(parts: tuple[Part, ...]) -> Generated:
    """Estimate the tokens of a whole answer: its text, its thoughts, its calls of tools."""
    thought = sum(text_tokens(part.text) for part in parts if isinstance(part, Thinking))
    return Generated(output=thought + sum(_said(part) for part in parts), reasoning=thought)


def tokens_of(chars: float) -> int:
    """Return the tokens that so many characters usually make, rounded up."""
    return math.ceil(chars / _CHARS_PER_TOKEN)


def input_tokens(body: Mapping[str, Json]) -> int:
    """Estimate the prompt of a request in any format: quickly, as calls wait for it.

    `prompt.prompt_tokens` knows more and takes longer.
    """
    return math.ceil(sum(_weight_of(body, name) for name in _PROMPT_FIELDS))


def _weight_of(body: Mapping[str, Json], name: str) -> float:
    try:
        return _weight(body.get(name))
    except GatewayError:  # nested too deeply to be read, but not by every provider
        assert isinstance(body, LazyObject)
        return tokens_of(len(body.unread(name)))


def completed(usage: Usage | None, body: Mapping[str, Json] | None, output: int) -> Usage:
    """Return `usage` with what it lacks estimated: the prompt, and `output` tokens."""
    usage = usage if usage is not None else Usage()
    if usage.input is None:
        usage = replace(usage, input=input_tokens(body if body is not None else {}))
    if usage.output is None or usage.output < output:
        usage = replace(usage, output=output)
    return usage


def _named(event: BlockStarted) -> str:
    return event.block.name if isinstance(event.block, ToolCall) else ""


def _said(part: Part) -> int:
    match part:
        case Text() | Refusal():
            return text_tokens(part.text)
        case ToolCall():
            return text_tokens(part.name) + text_tokens(part.arguments)
        case _:
            return 0


def _weight(value: Json) -> float:
    match value:
        case str():
            return _text(value)
        case list():
            return sum(map(_weight, value))
        case dict():
            return sum(len(name) / _CHARS_PER_TOKEN + _weight(item) for name, item in value.items())
        case _:
            return 0


def _text(text: str) -> float:
    if _BASE64.match(text) is not None:
        return picture_tokens("chat", text)
    # English and code: four characters to a token. Other scripts have fewer, some only one.
    return len(text) / _CHARS_PER_TOKEN if text.isascii() else text_tokens(text)
