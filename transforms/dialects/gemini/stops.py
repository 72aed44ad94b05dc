"""Translate finish reasons, which Google sends as names or as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from plexus.transforms.ir import Stop
from plexus.transforms.wire import Json

# wire-formats.md §7.9; names from google-genai 3.3 `types.FinishReason`.
_STOPS: Final[Mapping[str, Stop]] = {
    "STOP": Stop.END,
    "MAX_TOKENS": Stop.LENGTH,
    "SAFETY": Stop.FILTER,
    "RECITATION": Stop.FILTER,
    "BLOCKLIST": Stop.FILTER,
    "PROHIBITED_CONTENT": Stop.FILTER,
    "SPII": Stop.FILTER,
    "MODEL_ARMOR": Stop.FILTER,
    "ESCALATION": Stop.FILTER,
    "IMAGE_SAFETY": Stop.FILTER,
    "IMAGE_PROHIBITED_CONTENT": Stop.FILTER,
    "IMAGE_RECITATION": Stop.FILTER,
    "IMAGE_OTHER": Stop.FILTER,
    "MALFORMED_FUNCTION_CALL": Stop.MALFORMED,
    "UNEXPECTED_TOOL_CALL": Stop.MALFORMED,
    "MALFORMED_RESPONSE": Stop.MALFORMED,
    "CONTINUATION": Stop.LENGTH,
}
_REASONS: Final[Mapping[Stop, str]] = {
    Stop.END: "STOP",
    Stop.TOOL: "STOP",
    Stop.SEQUENCE: "STOP",
    Stop.PAUSE: "STOP",
    Stop.LENGTH: "MAX_TOKENS",
    Stop.CONTEXT: "MAX_TOKENS",
    Stop.FILTER: "SAFETY",
    Stop.REFUSAL: "SAFETY",
    Stop.MALFORMED: "MALFORMED_FUNCTION_CALL",
    Stop.OTHER: "OTHER",
}
_UNUSUAL: Final = frozenset({Stop.FILTER, Stop.REFUSAL, Stop.MALFORMED, Stop.OTHER})

# With `$alt=json;enum-encoding=int` enums are numbers, and the two services number them
# differently: google.ai.generativelanguage.v1beta and google.cloud.aiplatform.v1, Candidate.
_SHARED: Final = ("FINISH_REASON_UNSPECIFIED", "STOP", "MAX_TOKENS", "SAFETY", "RECITATION")
_GOOGLE_AI: Final = (
    *_SHARED, "OTHER", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII",
    "MALFORMED_FUNCTION_CALL", "IMAGE_SAFETY", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS",
    "IMAGE_PROHIBITED_CONTENT", "IMAGE_OTHER", "NO_IMAGE", "IMAGE_RECITATION",
    "MISSING_THOUGHT_SIGNATURE", "MALFORMED_RESPONSE",
)  # fmt: skip
_VERTEX: Final = (
    *_SHARED, "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MALFORMED_FUNCTION_CALL",
    "MODEL_ARMOR", "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "IMAGE_OTHER",
    "UNEXPECTED_TOOL_CALL", "NO_IMAGE",
)  # fmt: skip
_BLOCK_REASONS: Final = (
    "BLOCKED_REASON_UNSPECIFIED", "SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT",
    "IMAGE_SAFETY",
)  # fmt: skip


def reason_name(value: Json, *, vertex: bool = False) -> str | None:
    """Return the name of a finish reason; `None` if there is none."""
    return _enum_name(value, _VERTEX if vertex else _GOOGLE_AI)


def block_name(value: Json) -> str | None:
    """Return the name of a prompt's block reason; `None` if it was not blocked."""
    return _enum_name(value, _BLOCK_REASONS)


def stop_of(reason: str | None, *, calls: bool) -> Stop:
    """Return why the model stopped; `calls`: it called a tool, which Gemini reports as STOP."""
    stop = Stop.END if reason is None else _STOPS.get(reason, Stop.OTHER)
    return Stop.TOOL if calls and stop is Stop.END else stop


def reason_of(stop: Stop) -> str:
    """Return the finish reason for a stop."""
    return _REASONS[stop]


def is_unusual(stop: Stop) -> bool:
    """Whether a client should be told more than the bare reason."""
    return stop in _UNUSUAL


def _enum_name(value: Json, names: tuple[str, ...]) -> str | None:
    if isinstance(value, str):
        name = value.upper()
    elif isinstance(value, int) and not isinstance(value, bool):
        name = names[value] if 0 <= value < len(names) else "OTHER"
    else:
        return None
    return None if not name or name.endswith("_UNSPECIFIED") else name
