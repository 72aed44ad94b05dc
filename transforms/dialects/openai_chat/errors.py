"""Read a chat provider's errors and write ours in OpenAI's shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from plexus.transforms.error_text import (
    describe,
    extract_message,
    kind_for_status,
    retry_after,
)
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.sse import frame
from plexus.transforms.wire import Json, JsonObject, dump, object_at, text_at, try_parse

DONE: Final = b"data: [DONE]\n\n"

# dataplane.md §1.7 for the types, wire-formats.md §9 for the codes; the rest is "api_error".
_TYPES: Final[Mapping[Kind, tuple[str, str | None]]] = {
    Kind.BAD_REQUEST: ("invalid_request_error", None),
    Kind.UNAUTHENTICATED: ("authentication_error", "invalid_api_key"),
    Kind.FORBIDDEN: ("permission_error", None),
    Kind.NOT_FOUND: ("not_found_error", "model_not_found"),
    Kind.TOO_LARGE: ("invalid_request_error", "request_too_large"),
    Kind.CONTEXT_OVERFLOW: ("invalid_request_error", "context_length_exceeded"),
    Kind.FILTERED: ("invalid_request_error", "content_filter"),
    Kind.UNSUPPORTED: ("invalid_request_error", "unsupported"),
    Kind.QUOTA: ("rate_limit_error", "quota_exceeded"),
    Kind.RATE_LIMITED: ("rate_limit_error", "rate_limit_exceeded"),
}
_FIELD_KINDS: Final = frozenset({Kind.BAD_REQUEST, Kind.UNSUPPORTED})
_RATE_WORDS: Final = ("rate limit", "rate_limit", "too many requests")


def decode_error(status: int, headers: Mapping[str, str], body: bytes) -> GatewayError:
    """Read an error reply, however malformed."""
    text = body.decode("utf-8", "replace")
    code = _code_in(try_parse(body))
    return GatewayError(
        kind_for_status(status, text, code),
        describe(body, status),
        code=code,
        retry_after=retry_after(headers, text),
        upstream_status=status,
    )


def error_in(body: JsonObject, event: str = "") -> GatewayError | None:
    """Return the error that a chunk or an answer with status 200 carries, if it does.

    `event` is the name of the SSE event; Groq marks errors with it (dataplane.md §3.4).
    """
    told = body.get("error") or event == "error" or body.get("object") == "error"
    if not told:
        error = _choice_error(body)
        if error is None:
            return None
        body = {"error": error}
    raw = dump(body)
    return decode_error(_status_of(body, extract_message(raw)), {}, raw)


def _choice_error(body: JsonObject) -> Json:
    choices = body.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        if not isinstance(choice, dict):
            continue
        if isinstance(error := choice.get("error"), dict):
            return error
        if choice.get("finish_reason") == "error":
            return "the provider broke its answer off with an error"
    return None


def _status_of(body: JsonObject, message: str) -> int:
    error = object_at(body, "error") or {}
    candidates = (
        error.get("code"), body.get("code"), error.get("status"), body.get("status"),
        error.get("status_code"), body.get("status_code"),
    )  # fmt: skip
    for value in candidates:
        number = int(value) if isinstance(value, str) and value.isdecimal() else value
        if isinstance(number, int) and 400 <= number < 600:
            return number
    words = f"{error.get('type')} {error.get('code')} {message}".lower()
    return 429 if any(word in words for word in _RATE_WORDS) else 502


def _code_in(value: Json) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    if not isinstance(value, dict):
        return None
    for holder in (object_at(value, "error") or {}, value):
        for key in ("code", "type", "status"):
            code = holder.get(key)
            if isinstance(code, str) and code and key in holder:
                return code
            if isinstance(code, int) and not isinstance(code, bool):
                return str(code)
    return None


def encode_error(error: GatewayError) -> JsonObject:
    """Write the body of an error reply."""
    type_, code = _TYPES.get(error.kind, ("api_error", None))
    return {
        "error": {
            "message": error.message,
            "type": type_,
            "param": error.where if error.kind in _FIELD_KINDS else None,
            "code": error.code or code or error.kind.value,
            **error.details,
        }
    }


def encode_stream_error(error: GatewayError) -> bytes:
    """Write the frames that end a stream with an error (dataplane.md §5.3)."""
    return error_frame(error) + DONE


def error_frame(error: GatewayError) -> bytes:
    """Write the frame that tells a client of an error in mid-stream."""
    body = object_at(encode_error(error), "error") or {}
    if error.kind not in _TYPES:
        body = {**body, "type": "server_error"}
    code = text_at(body, "code")
    return frame({"error": {**body, "code": code}})
