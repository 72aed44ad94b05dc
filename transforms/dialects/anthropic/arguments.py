"""Tool arguments: JSON text in the middle, an object on Anthropic's wire."""

from __future__ import annotations

from plexus.transforms.ir import ToolCall
from plexus.transforms.wire import Json, JsonObject, dump_text, try_parse


def as_text(value: Json) -> str:
    """Return the arguments' text of an `input` from the wire; an absent one means no arguments."""
    return "{}" if value is None else dump_text(value)


def as_object(text: str) -> JsonObject:
    """Return arguments as the object that the wire wants.

    Nothing and `null` mean no arguments; what is no object, or no JSON, is wrapped, not lost
    (wire-formats.md §7.4).
    """
    if not text.strip():
        return {}
    value = try_parse(text)
    if isinstance(value, dict):
        return value
    return {} if text.strip() == "null" else {"_raw": text}


def input_of(call: ToolCall) -> JsonObject:
    """Return the `input` of a call; free text of a custom tool becomes the field `input`."""
    return {"input": call.arguments} if call.kind == "custom" else as_object(call.arguments)
