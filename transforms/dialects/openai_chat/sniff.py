"""Tell from one frame or a whole reply what it says about usage, stop and failure."""

from __future__ import annotations

import re
from typing import Final

from plexus.transforms.events import Event, Failed, Finished, UsageSeen
from plexus.transforms.wire import JsonObject, list_at, object_at, objects_at, text_at, try_parse

from .errors import error_in
from .stops import decode_stop
from .usage import decode_usage, usage_in

MARKERS: Final = (b'"usage"', b'"error"', b'"finish_reason"')

# Every chunk of OpenAI's has `"finish_reason":null,"usage":null`: not worth a parse.
_TELLS: Final = re.compile(
    rb'"finish_reason"\s*:\s*"|"usage"\s*:\s*\{|"error"\s*:\s*[^\sn]|"message"\s*:\s*\{'
)


def sniff(data: bytes) -> list[Event]:
    """Return the `UsageSeen`, `Finished` and `Failed` of a frame's data or a whole reply."""
    if _TELLS.search(data) is None:
        return []
    body = try_parse(data)
    if isinstance(body, list):  # Google wraps an error in an array
        body = body[0] if body else None
    if not isinstance(body, dict):
        return []
    if error := error_in(body):
        return [Failed(error)]
    events = [
        event
        for at, choice in enumerate(objects_at(body, "choices"))
        if (event := _finished(choice, at))
    ]
    if usage := usage_in(body):
        events.append(UsageSeen(decode_usage(usage)))
    return events


def _finished(choice: JsonObject, at: int) -> Event | None:
    message = object_at(choice, "message") or {}
    reason = text_at(choice, "finish_reason") or ""
    if not reason and (not message or "delta" in choice):
        return None
    stop = decode_stop(
        reason,
        calls=_calls(message),
        refused=bool(text_at(message, "refusal")),
    )
    index = choice.get("index")
    return Finished(stop=stop, choice=index if isinstance(index, int) else at)


def _calls(message: JsonObject) -> bool:
    if list_at(message, "tool_calls"):
        return True
    # Some servers send an empty `function_call`.
    call = object_at(message, "function_call")
    return bool(call and text_at(call, "name"))
