"""Error replies and in-stream errors, in and out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from plexus.transforms.error_text import describe, kind_for_status, retry_after
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.sse import frame
from plexus.transforms.wire import Json, JsonObject, count_at, dump, object_at, text_at, try_parse

# wire-formats.md §3.4; invalid_request_error and api_error leave the word to the HTTP status.
_STATUSES: Final[Mapping[str, int]] = {
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "conflict_error": 409,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
}
_VAGUE: Final[Mapping[str, int]] = {"invalid_request_error": 400, "api_error": 500}

# wire-formats.md §9. The gateway's own trouble with a provider's account is no business of clients.
_TYPES: Final[Mapping[Kind, str]] = {
    Kind.BAD_REQUEST: "invalid_request_error",
    Kind.UNAUTHENTICATED: "authentication_error",
    Kind.FORBIDDEN: "permission_error",
    Kind.NOT_FOUND: "not_found_error",
    Kind.TOO_LARGE: "request_too_large",
    Kind.CONTEXT_OVERFLOW: "invalid_request_error",
    Kind.FILTERED: "invalid_request_error",
    Kind.UNSUPPORTED: "invalid_request_error",
    Kind.QUOTA: "rate_limit_error",
    Kind.RATE_LIMITED: "rate_limit_error",
    Kind.UPSTREAM_AUTH: "api_error",
    Kind.UPSTREAM_BILLING: "api_error",
    Kind.UPSTREAM_DOWN: "api_error",
    Kind.OVERLOADED: "overloaded_error",
    Kind.UPSTREAM_TIMEOUT: "timeout_error",
    Kind.UPSTREAM_INVALID: "api_error",
    Kind.UNAVAILABLE: "overloaded_error",
    Kind.INTERNAL: "api_error",
}
OVERLOADED_STATUS: Final = 529
_TOO_LONG: Final = "prompt is too long"
_NUMBER: Final = re.compile(r"(?<![\w.])\d{1,3}(?:,\d{3})+(?!\w)|(?<![\w.])\d{3,9}(?!\w)")
_LIMIT: Final = re.compile(r"(?:maximum|limit)[^\d]{0,60}(\d[\d,]{2,})")


def decode_error(status: int, headers: Mapping[str, str], body: bytes) -> GatewayError:
    """Read a provider's error reply, however malformed."""
    return _error(status, headers, body, try_parse(body))


def error_in(message: JsonObject) -> GatewayError | None:
    """Return the error that a 200 reply or a stream's frame holds instead of an answer."""
    if message.get("type") != "error" and not message.get("error"):
        return None
    return stream_error(message)


def stream_error(event: Json, text: bytes = b"") -> GatewayError:
    """Read an `error` event; `text` is its data if that is no JSON."""
    return _error(200, {}, text or dump(event), event)


def _error(status: int, headers: Mapping[str, str], body: bytes, value: Json) -> GatewayError:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    inner = (object_at(value, "error") if isinstance(value, dict) else None) or {}
    kind = text_at(inner, "type")
    text = body.decode("utf-8", "replace")
    return GatewayError(
        kind_for_status(_telling_status(status, kind, inner), text, kind),
        describe(body, status),
        retry_after=retry_after(headers, text),
        code=kind,
        upstream_status=status if status >= 400 else None,
    )


def _telling_status(status: int, kind: str | None, inner: JsonObject) -> int:
    """Return the status that says most: that of the error's type, the reply's, or its code."""
    told = _STATUSES.get(kind or "")
    if told is not None or status >= 400:
        return told or status
    code = count_at(inner, "code")  # OpenRouter's number
    if code is not None and 400 <= code < 600:
        return code
    return _VAGUE.get(kind or "", 500)


def status_of(error: GatewayError) -> int:
    """Return the HTTP status for an Anthropic client, which knows overload as 529."""
    return OVERLOADED_STATUS if error.kind is Kind.OVERLOADED else error.status


def encode_error(error: GatewayError, request_id: str | None = None) -> JsonObject:
    """Write an error reply's body, which is also the data of an `error` event."""
    written: JsonObject = {
        "type": "error",
        "error": {"type": _TYPES[error.kind], "message": _message(error), **error.details},
    }
    if request_id is not None:
        written["request_id"] = request_id
    return written


def encode_stream_error(error: GatewayError, request_id: str | None = None) -> bytes:
    """Write the frame that ends a stream with an error; no `message_stop` follows it."""
    return frame(encode_error(error, request_id), "error")


def _message(error: GatewayError) -> str:
    if error.kind is not Kind.CONTEXT_OVERFLOW or _TOO_LONG in error.message.lower():
        return error.message
    # Agents look for Anthropic's own words, to compact the conversation and try again.
    numbers = sorted(int(found.replace(",", "")) for found in _NUMBER.findall(error.message))
    said = _LIMIT.search(error.message)
    limit = int(said.group(1).replace(",", "")) if said else 0
    if not limit and len(numbers) == 2:
        limit = numbers[0]
    if not limit or not numbers or numbers[-1] <= limit:
        return f"{_TOO_LONG}: {error.message}"
    return f"{_TOO_LONG}: {numbers[-1]} tokens > {limit} maximum ({error.message})"
