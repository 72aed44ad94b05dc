"""Requests and turns for tests, and what the dialect makes of them."""

from __future__ import annotations

from typing import Literal

from plexus.transforms import wire
from plexus.transforms.codec import Match, Operation, Receipt, Traits
from plexus.transforms.dialects.anthropic import DIALECT
from plexus.transforms.ir import ChatRequest, Message, Part, Seal, Text, ToolCall, ToolResult
from plexus.transforms.wire import JsonObject

CHAT = Match(Operation.CHAT)
OFFICIAL = Traits(official=True, inline_system=True)
SIGNED = Seal(dialect="messages", kind="signature", data="c2ln")


def user(*parts: Part | str) -> Message:
    """A turn of the user."""
    return turn("user", *parts)


def assistant(*parts: Part | str) -> Message:
    """A turn of the assistant."""
    return turn("assistant", *parts)


def turn(role: Literal["user", "assistant", "system", "developer"], *parts: Part | str) -> Message:
    """A turn of anybody; strings are texts."""
    return Message(role=role, parts=tuple(Text(text=p) if isinstance(p, str) else p for p in parts))


def call(call_id: str = "toolu_1", arguments: str = "{}", name: str = "look") -> ToolCall:
    """A tool call."""
    return ToolCall(id=call_id, name=name, arguments=arguments)


def result(call_id: str = "toolu_1", text: str = "seen") -> ToolResult:
    """A tool's result."""
    return ToolResult(call_id=call_id, parts=(Text(text=text),))


def ask(*messages: Message) -> ChatRequest:
    """A request that came in another dialect; without messages, a greeting."""
    return ChatRequest(model="claude", max_output=5000, messages=messages or (user("hi"),))


def native(**fields: wire.Json) -> ChatRequest:
    """A request that came in this dialect."""
    body: JsonObject = {
        "model": "claude",
        "max_tokens": 5000,
        "messages": [{"role": "user", "content": "hi"}],
        **fields,
    }
    return DIALECT.chat.decode_request(CHAT, body)


def write(request: ChatRequest, traits: Traits = OFFICIAL) -> JsonObject:
    """The body that goes to a provider."""
    return wire.parse_object(
        wire.dump(DIALECT.chat.encode_request(request, traits, Receipt()).body)
    )


def notes(request: ChatRequest, traits: Traits = OFFICIAL) -> list[str]:
    """What the receipt says of writing a request, without the details."""
    receipt = Receipt()
    DIALECT.chat.encode_request(request, traits, receipt)
    return [f"{note.action} {note.path}" for note in receipt.notes]
