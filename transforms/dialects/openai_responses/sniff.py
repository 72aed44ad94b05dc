"""Look at a frame or a whole reply for usage, finish and failure alone."""

from __future__ import annotations

from typing import Final

from plexus.transforms.dialects.openai_responses.errors import failure
from plexus.transforms.dialects.openai_responses.stops import decode_finish
from plexus.transforms.dialects.openai_responses.usage import decode_usage
from plexus.transforms.events import Event, Failed, UsageSeen
from plexus.transforms.wire import JsonObject, object_at, objects_at, text_at, try_parse

MARKERS: Final = (
    b'"response.completed"',
    b'"response.incomplete"',
    b'"response.failed"',
    b'"response.cancelled"',
    b'"response.done"',
    b'"error":{',
    b'"error": {',
    b'"type":"error"',
    b'"type": "error"',
)

_ENDS: Final = frozenset(
    f"response.{kind}" for kind in ("completed", "incomplete", "failed", "cancelled", "done")
)
_CALLS: Final = frozenset({"function_call", "custom_tool_call"})


def sniff(data: bytes) -> list[Event]:
    """Return `UsageSeen`, `Finished` and `Failed` of one frame's data or a whole reply."""
    value = try_parse(data)
    if not isinstance(value, dict):
        return []
    kind = text_at(value, "type") or ""
    response = object_at(value, "response") if kind in _ENDS else None
    if response is not None:
        return _of_response(response, failed=kind == "response.failed")
    if isinstance(value.get("output"), list):
        return _of_response(value, failed=False)
    error = object_at(value, "error")
    if kind == "error" or (error is not None and not kind):
        return [Failed(failure(error or value))]
    return []


def _of_response(response: JsonObject, *, failed: bool) -> list[Event]:
    usage = decode_usage(response.get("usage"))
    events: list[Event] = [] if usage is None else [UsageSeen(usage)]
    if failed or response.get("status") == "failed":
        return [*events, Failed(failure(object_at(response, "error") or {}))]
    output = objects_at(response, "output")
    contents = [part for item in output for part in objects_at(item, "content")]
    finish = decode_finish(
        response,
        called=any(text_at(item, "type") in _CALLS for item in output),
        refused=any(part.get("type") == "refusal" for part in contents),
    )
    return [*events, finish]
