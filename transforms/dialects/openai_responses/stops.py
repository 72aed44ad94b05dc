"""Why an answer ended: a status with details here, one word in the IR (wire-formats.md §7.9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from plexus.transforms.dialects.openai_responses.origin import NAME
from plexus.transforms.events import Finished
from plexus.transforms.ir import Part, Refusal, Stop, ToolCall
from plexus.transforms.wire import JsonObject, object_at, text_at

_COMPLETED: Final = frozenset({"completed", "complete"})
_REASONS: Final[Mapping[str, Stop]] = {
    "max_output_tokens": Stop.LENGTH,
    "content_filter": Stop.FILTER,
    "steered": Stop.OTHER,
}
_INCOMPLETE: Final[Mapping[Stop, str]] = {
    Stop.LENGTH: "max_output_tokens",
    Stop.CONTEXT: "max_output_tokens",
    Stop.FILTER: "content_filter",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a response says that it ended."""

    status: str
    details: JsonObject | None = None
    error: JsonObject | None = None


def decode_finish(response: JsonObject, *, called: bool, refused: bool) -> Finished:
    """Return why the answer in a response object ended.

    `called`: it calls a client's tool; `refused`: it holds a refusal. A status beside the usual is
    kept for this dialect.
    """
    status = text_at(response, "status")
    kept: JsonObject = {} if status in (None, "completed") else {"status": status}
    if status == "incomplete":
        details = object_at(response, "incomplete_details")
        reason = text_at(details or {}, "reason")
        stop = Stop.LENGTH if reason is None else _REASONS.get(reason, Stop.LENGTH)
        kept["incomplete_details"] = details
        return Finished(stop=stop, stop_detail=reason, ext={NAME: kept})
    if status is not None and status not in _COMPLETED:
        return Finished(stop=Stop.OTHER, stop_detail=status, ext={NAME: kept})
    ext = {NAME: kept} if kept else {}
    if called:
        return Finished(stop=Stop.TOOL, ext=ext)
    return Finished(stop=Stop.REFUSAL if refused else Stop.END, ext=ext)


def has_call(parts: Iterable[Part]) -> bool:
    """Whether a client's tool is called; tools without a name for others don't count."""
    return any(isinstance(part, ToolCall) for part in parts)


def has_refusal(parts: Iterable[Part]) -> bool:
    """Whether the model declined in words."""
    return any(isinstance(part, Refusal) for part in parts)


def encode_stop(finished: Finished | None, *, refused: bool) -> Ending:
    """Return the ending of an answer; without a `Finished` it was cut off."""
    if finished is None:
        return Ending(status="incomplete")
    if reason := _INCOMPLETE.get(finished.stop):
        return Ending(status="incomplete", details={"reason": reason})
    if finished.stop is Stop.REFUSAL and not refused:
        return Ending(status="incomplete", details={"reason": "content_filter"})
    if finished.stop is Stop.MALFORMED:
        words = finished.stop_detail or "the model wrote a tool call that cannot be read"
        return Ending(status="failed", error={"code": "server_error", "message": words})
    return Ending(status="completed")
