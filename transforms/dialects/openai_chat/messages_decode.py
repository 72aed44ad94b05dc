"""Read the `messages` of a chat request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, assert_never

from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import (
    NO_EXT,
    CacheMark,
    Ext,
    Media,
    Message,
    Opaque,
    Part,
    Refusal,
    Role,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from plexus.transforms.wire import Json, JsonObject, kind_of

from .assistant_decode import decode_assistant
from .calls import is_legacy, minted_id
from .content import decode_content
from .fields import NAME, cache_of, take_text

_PLAIN: Final[Mapping[str, Role]] = {
    "system": "system",
    "developer": "developer",
    "user": "user",
}
_SPEAKERS: Final[Mapping[str, Role]] = {**_PLAIN, "assistant": "assistant"}
_NOTHING_LEFT: Final[Ext] = {NAME: {}}


def decode_messages(raws: Json) -> tuple[Message, ...]:
    """Read all messages; raise `GatewayError(BAD_REQUEST)` naming what is wrong."""
    if not isinstance(raws, list) or not raws:
        raise _bad("messages", "must be a non-empty array")
    reader = _Reader()
    return tuple([reader.read(raw, index) for index, raw in enumerate(raws)])


def _bad(where: str, what: str) -> GatewayError:
    return GatewayError(Kind.BAD_REQUEST, f"{where} {what}", where=where)


class _Reader:
    """Reads messages in order, to pair results with calls that have no id."""

    def __init__(self) -> None:
        self._unnamed: list[ToolCall] = []  # calls whose id we minted, not yet answered
        self._readers: Mapping[str, Callable[[JsonObject, str], Message]] = {
            "assistant": self._assistant,
            "tool": self._tool,
            "function": self._function,
        }

    def read(self, raw: Json, index: int) -> Message:
        if not isinstance(raw, dict):
            raise _bad(f"messages[{index}]", f"must be an object, not {kind_of(raw)}")
        if (message := _words_alone(raw)) is not None:
            if message.role == "assistant":
                self._unnamed = []
            return message
        where = f"messages[{index}]"
        left = dict(raw)
        role = left.pop("role", None)
        content = left.get("content")
        if content is not None and not isinstance(content, str | list):
            raise _bad(f"{where}.content", f"must be a string or an array, not {kind_of(content)}")
        if isinstance(role, str) and role in _PLAIN:
            return _finished(_PLAIN[role], _take_content(left), left)
        reader = self._readers.get(role) if isinstance(role, str) else None
        if reader is None:
            known = ", ".join([*_PLAIN, *self._readers])
            raise _bad(f"{where}.role", f"must be one of {known}")
        return reader(left, where)

    def _assistant(self, left: JsonObject, where: str) -> Message:
        minted = set[str]()

        def mint(number: int) -> str:
            id_ = minted_id(where, number)
            minted.add(id_)
            return id_

        parts = decode_assistant(left, mint)
        self._unnamed = [part for part in parts if isinstance(part, ToolCall) and part.id in minted]
        return _finished("assistant", parts, left)

    def _tool(self, left: JsonObject, where: str) -> Message:
        id_ = take_text(left, "tool_call_id") or self._next_unnamed(None)
        if id_ is None:
            raise _bad(f"{where}.tool_call_id", "must be a string")
        left.pop("tool_call_id", None)
        return _result(id_, left)

    def _function(self, left: JsonObject, where: str) -> Message:
        name = take_text(left, "name")
        id_ = self._next_unnamed(name) or minted_id(where, 0)
        return _result(id_, left, name=name, legacy=True)

    def _next_unnamed(self, name: str | None) -> str | None:
        for at, call in enumerate(self._unnamed):
            if name is None or (call.name == name and is_legacy(call)):
                return self._unnamed.pop(at).id
        return None


def _words_alone(raw: JsonObject) -> Message | None:
    """Read a message that holds nothing but words, as most do."""
    role, words = raw.get("role"), raw.get("content")
    if len(raw) != 2 or not words or not isinstance(role, str) or not isinstance(words, str):
        return None
    speaker = _SPEAKERS.get(role)
    if speaker is None:
        return None
    return Message(role=speaker, parts=(Text(text=words, ext=NO_EXT),), ext=_NOTHING_LEFT)


def _take_content(left: JsonObject) -> tuple[Part, ...]:
    parts = decode_content(left.get("content"))
    if parts:
        del left["content"]
    return parts


def _finished(role: Role, parts: tuple[Part, ...], left: JsonObject) -> Message:
    name = take_text(left, "name")
    return Message(role=role, parts=_marked(parts, left), name=name, ext={NAME: left})


def _marked(parts: tuple[Part, ...], left: JsonObject) -> tuple[Part, ...]:
    # OpenRouter also takes the cache mark of a whole message; it stays there for our own kind.
    mark = cache_of(left)
    if mark is None or not parts:
        return parts
    return (*parts[:-1], _with_cache(parts[-1], mark))


def _with_cache(part: Part, mark: CacheMark) -> Part:
    if isinstance(part, Text | Media | ToolCall | ToolResult) and part.cache is None:
        return replace(part, cache=mark)
    return part


def _result_part(part: Part) -> Text | Media | Opaque:
    match part:
        case Text() | Media() | Opaque():
            return part
        case Thinking() | Refusal():
            return Text(text=part.text)
        case ToolCall() | ToolResult():  # content never yields these
            return Opaque(dialect=NAME, raw=None)
        case _:
            assert_never(part)


def _result(
    call_id: str, left: JsonObject, *, name: str | None = None, legacy: bool = False
) -> Message:
    content = _take_content(left)
    result = ToolResult(
        call_id=call_id,
        parts=tuple([_result_part(part) for part in content]),
        name=name or take_text(left, "name"),
        cache=cache_of(left),
        ext={NAME: {"rest": left, "legacy": legacy}},
    )
    return Message(role="user", parts=(result,), ext=_NOTHING_LEFT)
