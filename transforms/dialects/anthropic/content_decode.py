"""Read content blocks, of requests and answers alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal

from plexus.transforms.dialects.anthropic.arguments import as_text
from plexus.transforms.dialects.anthropic.cache import mark_and_ext
from plexus.transforms.dialects.anthropic.citations import decode_citation
from plexus.transforms.dialects.anthropic.identity import NAME, as_ext
from plexus.transforms.dialects.anthropic.media import decode_media
from plexus.transforms.envelope import envelope_to_seal
from plexus.transforms.ir import (
    NO_EXT,
    Citation,
    Media,
    Opaque,
    Part,
    Seal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from plexus.transforms.wire import Json, JsonObject, dump_text, objects_at, rest, text_at

_TEXT: Final = frozenset({"type", "text", "citations", "cache_control"})
_THINKING: Final = frozenset({"type", "thinking", "signature"})
_REDACTED: Final = frozenset({"type", "data"})
_TOOL_USE: Final = frozenset({"type", "id", "name", "input", "cache_control"})
_TOOL_RESULT: Final = frozenset({"type", "tool_use_id", "content", "is_error", "cache_control"})


def decode_block(raw: JsonObject) -> Part:
    """Read one block; what we do not know, or cannot read, stays opaque."""
    kind = raw.get("type")
    read = _READERS.get(kind) if isinstance(kind, str) else None
    part = None if read is None else read(raw)
    return Opaque(dialect=NAME, raw=raw) if part is None else part


def decode_text(raw: JsonObject) -> Text | None:
    """Read a text block, or `None` if it holds no text."""
    text = raw.get("text")
    if not isinstance(text, str):
        return None
    cache, ext = mark_and_ext(raw, _TEXT)
    citations = _citations(raw) if "citations" in raw else ()
    return Text(text=text, citations=citations, cache=cache, ext=ext)


def _citations(raw: JsonObject) -> tuple[Citation, ...]:
    return tuple(decode_citation(item) for item in objects_at(raw, "citations"))


def _thinking(raw: JsonObject) -> Part | None:
    text = text_at(raw, "thinking")
    signature = text_at(raw, "signature")
    if text is None and not signature:
        return None
    return Thinking(
        text=text or "",
        seal=decode_seal("signature", signature) if signature else None,
        ext=as_ext(rest(raw, _THINKING)),
    )


def decode_seal(kind: Literal["signature", "redacted"], data: str) -> Seal:
    """Read a signature or redacted data; an envelope of ours in its place is opened."""
    return envelope_to_seal(data) or Seal(dialect=NAME, kind=kind, data=data)


def _redacted(raw: JsonObject) -> Part | None:
    data = text_at(raw, "data")
    if data is None:
        return None
    return Thinking(seal=decode_seal("redacted", data), ext=as_ext(rest(raw, _REDACTED)))


def _tool_use(raw: JsonObject) -> Part | None:
    call_id, name = raw.get("id"), raw.get("name")
    if not (isinstance(call_id, str) and isinstance(name, str)):
        return None
    cache, ext = mark_and_ext(raw, _TOOL_USE)
    return ToolCall(
        id=call_id, name=name, arguments=as_text(raw.get("input")), cache=cache, ext=ext
    )


def _tool_result(raw: JsonObject) -> Part | None:
    call_id = raw.get("tool_use_id")
    if not isinstance(call_id, str):
        return None
    cache, ext = mark_and_ext(raw, _TOOL_RESULT)
    return ToolResult(
        call_id=call_id,
        parts=_result_parts(raw.get("content")),
        is_error=raw.get("is_error") is True,
        cache=cache,
        ext=ext,
    )


def _result_parts(content: Json) -> tuple[Text | Media | Opaque, ...]:
    if isinstance(content, str):
        return (Text(text=content, ext=NO_EXT),) if content else ()
    if isinstance(content, list):
        return tuple([_result_part(item) for item in content])
    if content is None:
        return ()
    return (Text(text=dump_text(content)),)


def _result_part(item: Json) -> Text | Media | Opaque:
    if not isinstance(item, dict):
        return Text(text=item if isinstance(item, str) else dump_text(item))
    part = decode_block(item)
    return part if isinstance(part, Text | Media) else Opaque(dialect=NAME, raw=item)


_READERS: Final[Mapping[str, Callable[[JsonObject], Part | None]]] = {
    "text": decode_text,
    "thinking": _thinking,
    "redacted_thinking": _redacted,
    "tool_use": _tool_use,
    "tool_result": _tool_result,
    "image": decode_media,
    "document": decode_media,
}
