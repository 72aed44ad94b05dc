"""Why the model stopped, in OpenAI's words and in ours (wire-formats.md §7.9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from plexus.transforms.ir import Ext, Part, Refusal, Stop, ToolCall

from .fields import own

_STOPS: Final[Mapping[str, Stop]] = {
    "stop": Stop.END,
    "length": Stop.LENGTH,
    "tool_calls": Stop.TOOL,
    "function_call": Stop.TOOL,
    "content_filter": Stop.FILTER,
    "eos": Stop.END,  # Together
    "model_length": Stop.CONTEXT,  # Mistral
    "max_tokens": Stop.LENGTH,
    "safety": Stop.FILTER,
    "insufficient_system_resource": Stop.OTHER,  # DeepSeek gave up half-way
}
_NAMES: Final[Mapping[Stop, str]] = {
    Stop.END: "stop",
    Stop.LENGTH: "length",
    Stop.TOOL: "tool_calls",
    Stop.SEQUENCE: "stop",
    Stop.FILTER: "content_filter",
    Stop.REFUSAL: "content_filter",
    Stop.PAUSE: "stop",
    Stop.CONTEXT: "length",
    Stop.MALFORMED: "stop",
    Stop.OTHER: "stop",
}


def decode_stop(reason: str, *, calls: bool, refused: bool) -> Stop:
    """Read a finish reason; calls outrank a natural stop, which forced and Gemini calls have."""
    stop = _STOPS.get(reason.lower(), Stop.END)
    if stop is Stop.END and calls:
        return Stop.TOOL
    if stop is Stop.END and refused:
        return Stop.REFUSAL
    return stop


def encode_stop(stop: Stop, ext: Ext, *, calls: bool, refused: bool) -> str:
    """Write a finish reason: the provider's own, if it was a chat provider, else OpenAI's."""
    reason = own(ext).get("finish_reason")
    if isinstance(reason, str) and reason:
        return reason
    if stop in {Stop.END, Stop.TOOL}:
        return "tool_calls" if calls else "stop"
    if stop is Stop.REFUSAL and refused:
        return "stop"
    return _NAMES[stop]


def native(reason: str, stop: Stop) -> bool:
    """Whether writing `stop` would not give `reason` back, so that the words must be kept."""
    return _NAMES[stop] != reason


def has_calls(parts: tuple[Part, ...]) -> bool:
    """Whether the client is asked to run a tool."""
    return any(isinstance(part, ToolCall) for part in parts)


def has_refusal(parts: tuple[Part, ...]) -> bool:
    """Whether the model said no in so many words."""
    return any(isinstance(part, Refusal) and part.text for part in parts)
