"""Why the model stopped: `stop_reason` and what comes with it, in and out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from plexus.transforms.dialects.anthropic.identity import as_ext, own
from plexus.transforms.ir import Choice, Ext, Stop
from plexus.transforms.wire import JsonObject, object_at, rest, text_at

_STOPS: Final[Mapping[str, Stop]] = {
    "end_turn": Stop.END,
    "max_tokens": Stop.LENGTH,
    "stop_sequence": Stop.SEQUENCE,
    "tool_use": Stop.TOOL,
    "pause_turn": Stop.PAUSE,
    "compaction": Stop.PAUSE,  # beta: the client sends the compacted turn back
    "refusal": Stop.REFUSAL,
    "model_context_window_exceeded": Stop.CONTEXT,
}
_REASONS: Final[Mapping[Stop, str]] = {
    Stop.END: "end_turn",
    Stop.LENGTH: "max_tokens",
    Stop.TOOL: "tool_use",
    Stop.SEQUENCE: "stop_sequence",
    Stop.FILTER: "refusal",
    Stop.REFUSAL: "refusal",
    Stop.PAUSE: "pause_turn",
    Stop.CONTEXT: "model_context_window_exceeded",
    Stop.MALFORMED: "end_turn",
    Stop.OTHER: "end_turn",
}
# What a message says of its end; a stream says it in message_delta.
ENDING: Final = frozenset(
    {"stop_reason", "stop_sequence", "stop_details", "container", "context_management"}
)
_READ: Final = frozenset({"stop_reason", "stop_sequence"})
_NATURAL: Final = frozenset({Stop.END, Stop.OTHER, Stop.MALFORMED})


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How an answer ended, as `Choice` and `Finished` both say it."""

    stop: Stop
    stop_sequence: str | None = None
    stop_detail: str | None = None
    ext: Ext = field(default_factory=dict)


def ending_of(message: JsonObject) -> JsonObject:
    """Return the fields of a message that tell how it ended, as far as they are set."""
    return {key: message[key] for key in ENDING if message.get(key) is not None}


def decode_end(raw: JsonObject) -> End:
    """Read the end from the fields that tell it; `ext` keeps what we do not know of them."""
    reason = text_at(raw, "stop_reason")
    stop = _STOPS.get(reason or "", Stop.OTHER)
    details = object_at(raw, "stop_details") or {}
    kept = rest(raw, _READ)
    if reason is not None and _REASONS[stop] != reason:
        kept["stop_reason"] = reason
    return End(
        stop=stop,
        stop_sequence=text_at(raw, "stop_sequence"),
        stop_detail=text_at(details, "explanation") or text_at(details, "category"),
        ext=as_ext(kept),
    )


def encode_end(end: End | Choice, *, called: bool, refused: bool) -> JsonObject:
    """Write the end; `called`: the answer has tool calls, `refused`: it is a refusal's text.

    Tool calls override a natural end (wire-formats.md §7.9), and without any there is no tool to
    wait for. A stop sequence that nobody names is a natural end to Anthropic clients.
    """
    stop = end.stop
    if called and stop in _NATURAL:
        stop = Stop.TOOL
    elif not called and stop is Stop.TOOL:
        stop = Stop.END
    if refused and stop in _NATURAL:
        stop = Stop.REFUSAL
    if stop is Stop.SEQUENCE and end.stop_sequence is None:
        stop = Stop.TOOL if called else Stop.END
    written: JsonObject = {"stop_reason": _REASONS[stop], "stop_sequence": None}
    if stop is Stop.SEQUENCE:
        written["stop_sequence"] = end.stop_sequence
    if end.stop_detail is not None and _REASONS[stop] == "refusal":
        written["stop_details"] = {
            "type": "refusal",
            "category": None,
            "explanation": end.stop_detail,
        }
    # Absent and null are the same on this wire.
    return written | {key: value for key, value in own(end.ext).items() if value is not None}
