"""Read what is said of a candidate besides its parts: why it ended, and what stays Gemini's own."""

from __future__ import annotations

from typing import Final

from plexus.transforms.dialects.gemini.keys import own
from plexus.transforms.dialects.gemini.stops import is_unusual, stop_of
from plexus.transforms.ir import Ext, Stop
from plexus.transforms.wire import JsonObject, text_at

# In the `ext` of a choice that stands for an answer without candidates, as to a blocked prompt.
NO_CANDIDATE: Final = "noCandidate"

# Read elsewhere; all other fields of a candidate are kept as they came.
_READ: Final = frozenset({"content", "index", "finishReason", "finishMessage"})


def is_vertex(body: JsonObject) -> bool:
    """Whether an answer is Vertex AI's, which numbers its enums differently.

    Only Vertex stamps answers with `createTime` and usage with `trafficType` (seen in all of the
    recordings).
    """
    meta = body.get("usageMetadata")
    return "createTime" in body or (isinstance(meta, dict) and "trafficType" in meta)


def extras(candidate: JsonObject, reason: str | None) -> JsonObject:
    """Return what the IR has no word for, with the finish reason by its name."""
    kept = {key: value for key, value in candidate.items() if key not in _READ}
    if reason is not None:
        kept["finishReason"] = reason
    if (message := text_at(candidate, "finishMessage")) is not None:
        kept["finishMessage"] = message
    return kept


def is_absent(ext: Ext) -> bool:
    """Whether the choice that bears `ext` stands for no candidate at all."""
    return own(ext).get(NO_CANDIDATE) is True


def ending(reason: str | None, message: str | None, *, calls: bool) -> tuple[Stop, str | None]:
    """Return why a candidate stopped and, for an unusual stop, in Google's own words."""
    stop = stop_of(reason, calls=calls)
    return stop, (message or reason) if is_unusual(stop) else None
