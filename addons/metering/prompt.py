"""Estimate how many tokens a prompt has, for those who ask before they call (dataplane.md §8.5).

Of recorded calls of OpenAI's models, half were billed within a tenth of the estimate and four in
five within a third, with no vocabulary installed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, assert_never

from plexus.addons.metering.pictures import picture_tokens
from plexus.addons.metering.tokens import text_tokens
from plexus.transforms.ir import (
    ChatRequest,
    Media,
    Message,
    Opaque,
    Part,
    Refusal,
    ServerTool,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    ToolSpec,
)
from plexus.transforms.wire import Json, dump_text

_OTHER_MEDIA: Final = 1600  # a page or two, a minute of sound; nobody can tell from outside


@dataclass(frozen=True, slots=True, kw_only=True)
class Surcharge:
    """Tokens beyond the text: for each turn, the call, its having tools."""

    dialect: str = "chat"
    turn: int = 4
    call: int = 3
    tools: int = 0


# By the format in which a provider is spoken to: OpenAI's and Anthropic's own figures.
_SURCHARGES: Final[Mapping[str, Surcharge]] = {
    "messages": Surcharge(dialect="messages", tools=346),
    "gemini": Surcharge(dialect="gemini", turn=0, call=1),
}
_USUAL: Final = Surcharge()


def prompt_tokens(request: ChatRequest, dialect: str) -> int:
    """Estimate the tokens of a call's prompt at a provider that is spoken to in `dialect`."""
    more = _SURCHARGES.get(dialect, _USUAL)
    shape = request.output.schema if request.output is not None else None
    texts = sum(text_tokens(block.text) for block in request.system)
    turns = sum(_message(message, more) for message in request.messages)
    tools = sum(_tool(tool) for tool in request.tools)
    framing = more.call + (more.turn if request.system else 0) + (more.tools if tools else 0)
    return texts + turns + tools + framing + _json(shape)


def _message(message: Message, more: Surcharge) -> int:
    return more.turn + text_tokens(message.name or "") + _parts(message.parts, more)


def _parts(parts: Iterable[Part], more: Surcharge) -> int:
    return sum(_part(part, more) for part in parts)


def _part(part: Part, more: Surcharge) -> int:
    match part:
        case Text() | Refusal() | Thinking():
            return text_tokens(part.text)
        case Media():
            return _media(part, more)
        case ToolCall():
            return text_tokens(part.name) + text_tokens(part.arguments)
        case ToolResult():
            return _parts(part.parts, more)
        case Opaque():
            return _json(part.raw)
        case _:
            assert_never(part)


def _media(media: Media, more: Surcharge) -> int:
    if media.text is not None:
        return text_tokens(media.text)
    if media.kind != "image":
        return _OTHER_MEDIA
    return picture_tokens(more.dialect, media.data, media.detail)


def _tool(tool: ToolSpec | ServerTool) -> int:
    if isinstance(tool, ServerTool):
        return _json(tool.raw)
    described = text_tokens(tool.name) + text_tokens(tool.description or "")
    return described + _json(tool.schema) + _json(tool.format)


def _json(value: Json) -> int:
    return 0 if value is None else text_tokens(dump_text(value))
