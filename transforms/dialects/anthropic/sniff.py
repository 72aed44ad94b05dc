"""Look for usage, finish and failure in a frame or whole reply that passes unchanged."""

from __future__ import annotations

from plexus.transforms.dialects.anthropic.errors import error_in
from plexus.transforms.dialects.anthropic.stops import decode_end, ending_of
from plexus.transforms.dialects.anthropic.usage import decode_usage
from plexus.transforms.events import Event, Failed, Finished, UsageSeen
from plexus.transforms.wire import JsonObject, object_at, try_parse


def sniff(data: bytes) -> list[Event]:
    """Return the `UsageSeen`, `Finished` and `Failed` of one frame's data or a whole reply."""
    value = try_parse(data)
    if not isinstance(value, dict):
        return []
    error = error_in(value)
    if error is not None:
        return [Failed(error)]
    # message_start holds a message, message_delta a delta beside its usage; a reply is all in one.
    started = object_at(value, "message")
    if started is not None:
        return _look(started, started, provisional=True)
    return _look(value, object_at(value, "delta") or value, provisional=False)


def _look(message: JsonObject, ending: JsonObject, *, provisional: bool) -> list[Event]:
    events: list[Event] = []
    usage = decode_usage(message.get("usage"), provisional=provisional)
    if usage is not None:
        events.append(UsageSeen(usage))
    if ending.get("stop_reason") is not None:
        end = decode_end(ending_of(ending))
        events.append(
            Finished(
                stop=end.stop,
                stop_sequence=end.stop_sequence,
                stop_detail=end.stop_detail,
                ext=end.ext,
            )
        )
    return events
