"""Look for usage, finish and failure in a chunk that passes by."""

from __future__ import annotations

from plexus.transforms.dialects.gemini.candidates import ending, is_vertex
from plexus.transforms.dialects.gemini.errors import decode_stream_error
from plexus.transforms.dialects.gemini.response_decode import blocked
from plexus.transforms.dialects.gemini.stops import reason_name
from plexus.transforms.dialects.gemini.stream_decode import is_provisional
from plexus.transforms.dialects.gemini.usage import decode_usage
from plexus.transforms.events import Event, Failed, Finished, UsageSeen
from plexus.transforms.wire import (
    JsonObject,
    count_at,
    list_at,
    object_at,
    objects_at,
    text_at,
    try_parse,
)


def sniff(data: bytes) -> list[Event]:
    """Return what a chunk, a whole answer or an array of chunks says; never raise."""
    value = try_parse(data)
    if isinstance(value, list):
        chunks = [chunk for chunk in value if isinstance(chunk, dict)]
        return [event for chunk in chunks for event in _chunk(chunk)]
    return _chunk(value) if isinstance(value, dict) else []


def _chunk(body: JsonObject) -> list[Event]:
    if body.get("error") is not None:
        return [Failed(decode_stream_error(body["error"]))]
    candidates = objects_at(body, "candidates")
    meta = object_at(body, "usageMetadata")
    usage = decode_usage(meta, provisional=is_provisional(candidates)) if meta else None
    events: list[Event] = [] if usage is None else [UsageSeen(usage)]
    for candidate in candidates:
        said = candidate.get("finishReason")
        if said is not None and (reason := reason_name(said, vertex=is_vertex(body))):
            events.append(_finished(candidate, reason))
    return events if candidates else [*events, *_blocked(body)]


def _blocked(body: JsonObject) -> list[Event]:
    stop, detail = blocked(body)
    return [] if stop is None else [Finished(stop=stop, stop_detail=detail)]


def _finished(candidate: JsonObject, reason: str) -> Finished:
    content = object_at(candidate, "content") or {}
    calls = any(
        isinstance(part, dict) and "functionCall" in part for part in list_at(content, "parts")
    )
    stop, detail = ending(reason, text_at(candidate, "finishMessage"), calls=calls)
    return Finished(stop=stop, stop_detail=detail, choice=count_at(candidate, "index") or 0)
