"""The dialect's name, what belongs to it in `ext`, and the ids and names that its APIs accept."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import Final

from plexus.transforms.ir import NO_EXT, ChatRequest, Ext, ToolCall, ToolSpec
from plexus.transforms.names import OPENAI, legal_name, original_name
from plexus.transforms.wire import JsonObject

NAME: Final = "messages"

_SAFE_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SAFE_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")  # 64 on the oldest models
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]")
_NOTHING: Final[JsonObject] = {}


def own(ext: Ext) -> JsonObject:
    """Return this dialect's part of an `ext`; not to be changed."""
    return ext.get(NAME, _NOTHING)


def as_ext(fields: JsonObject) -> Ext:
    """Return fields as this dialect's `ext`."""
    return {NAME: fields} if fields else NO_EXT


def is_native(request: ChatRequest) -> bool:
    """Whether a request came in this dialect: then its parameters are the client's own business."""
    return NAME in request.ext


def safe_id(original: str) -> str:
    """Return an id that Anthropic takes for tool calls and their results (dataplane.md §5.8.3).

    Deterministic and idempotent: a call and its result stay together over turns and retries.
    """
    if _SAFE_ID.fullmatch(original):
        return original
    stem = _UNSAFE.sub("_", original)[:55] or "tool"
    return f"{stem}_{_digest(original, 8)}"


def safe_name(original: str) -> str:
    """Return a tool name that Anthropic takes; `clients_name` finds the way back."""
    if _SAFE_NAME.fullmatch(original):
        return original
    return legal_name(original, OPENAI)


def clients_name(call: ToolCall, request: ChatRequest | None) -> ToolCall:
    """Return a call by the name that the client gave to its tool; some provider may not take it."""
    tools = request.tools if request is not None else ()
    name = original_name(call.name, (tool.name for tool in tools if isinstance(tool, ToolSpec)))
    return call if name == call.name else replace(call, name=name)


def message_id(original: str) -> str:
    """Return the id under which an answer of any provider appears to Anthropic clients."""
    if original.startswith("msg_"):
        return original
    if len(original) <= 36 and _SAFE_ID.fullmatch(original):
        return f"msg_{original}"
    return f"msg_{_digest(original, 24)}"


def call_id(answer: str, ordinal: int) -> str:
    """Return an id for a tool call that came without one."""
    return f"toolu_{_digest(f'{answer}/{ordinal}', 24)}"


def _digest(text: str, length: int) -> str:
    # UTF-16 as in dataplane.md §5.8.3; lone surrogates are legal in JSON text.
    return hashlib.sha256(text.encode("utf-16-le", "surrogatepass")).hexdigest()[:length]
