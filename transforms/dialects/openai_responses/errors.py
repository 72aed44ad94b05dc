"""Errors, as status replies, as failed responses and in streams (dataplane.md §1.7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from plexus.transforms import sse
from plexus.transforms.dialects.openai_responses.ids import response_id
from plexus.transforms.error_text import cap, describe, kind_for_status, mask, retry_after
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import Json, JsonObject, object_at, text_at, try_parse

# An error within an answer has no HTTP status; its code says whose fault it is.
_BY_CODE: Final[Mapping[str, Kind]] = {
    "server_error": Kind.UPSTREAM_DOWN,
    "rate_limit_exceeded": Kind.RATE_LIMITED,
    "server_is_overloaded": Kind.OVERLOADED,
    "slow_down": Kind.OVERLOADED,
    "context_length_exceeded": Kind.CONTEXT_OVERFLOW,
    "insufficient_quota": Kind.UPSTREAM_BILLING,
    "invalid_prompt": Kind.BAD_REQUEST,
    "vector_store_timeout": Kind.UPSTREAM_TIMEOUT,
    "model_not_found": Kind.NOT_FOUND,
    "bio_policy": Kind.FILTERED,
    "content_filter": Kind.FILTERED,
    "misalignment_policy_violation": Kind.FILTERED,
    "image_content_policy_violation": Kind.FILTERED,
}
_BY_TYPE: Final[Mapping[str, int]] = {
    "invalid_request_error": 400,
    "rate_limit_error": 429,
    "insufficient_quota": 429,
    "tokens": 429,
    "requests": 429,
    "overloaded_error": 503,
}

# wire-formats.md §9; a code that the failing side gave goes first.
_CODES: Final[Mapping[Kind, str]] = {
    Kind.UNAUTHENTICATED: "invalid_api_key",
    Kind.FORBIDDEN: "access_denied",
    Kind.NOT_FOUND: "not_found",
    Kind.TOO_LARGE: "request_too_large",
    Kind.CONTEXT_OVERFLOW: "context_length_exceeded",
    Kind.FILTERED: "content_filter",
    Kind.QUOTA: "insufficient_quota",
    Kind.RATE_LIMITED: "rate_limit_exceeded",
    Kind.UPSTREAM_TIMEOUT: "upstream_timeout",
    Kind.OVERLOADED: "server_is_overloaded",
    Kind.UNAVAILABLE: "server_is_overloaded",
}

# Not bad requests, and yet about one field (dataplane.md §6.2).
_OF_FIELDS: Final = frozenset({"response_not_found", "conversation_not_found"})

# A passed-through stream's own count is not known to us; this is above any it can have reached.
_LAST: Final = 2**31 - 1


def decode_error(status: int, headers: Mapping[str, str], body: bytes) -> GatewayError:
    """Read a provider's error reply."""
    error = _error_object(try_parse(body.strip()) if body.strip()[:1] in (b"{", b"[") else None)
    code = text_at(error, "code")
    text = body.decode("utf-8", "replace")
    return GatewayError(
        kind_for_status(status, text, code or text_at(error, "type")),
        describe(body, status),
        where=text_at(error, "param"),
        retry_after=retry_after(headers, text),
        code=code,
        upstream_status=status,
    )


def _error_object(value: Json) -> JsonObject:
    if isinstance(value, list):
        value = value[0] if value else None
    if not isinstance(value, dict):
        return {}
    return object_at(value, "error") or value


def failure(error: JsonObject) -> GatewayError:
    """Return the error that a failed response or an `error` event tells of."""
    code, words = text_at(error, "code"), text_at(error, "message")
    message = cap(mask(words)) if words else "the provider's answer failed without a message"
    return GatewayError(
        _kind(code, text_at(error, "type"), message),
        message,
        where=text_at(error, "param"),
        retry_after=retry_after({}, message),
        code=code,
    )


def _kind(code: str | None, type_: str | None, message: str) -> Kind:
    if known := _BY_CODE.get(code or ""):
        return known
    invalid = code is not None and (code.startswith(("invalid_", "image_", "unsupported_")))
    status = 400 if invalid else _BY_TYPE.get(type_ or "", 500)
    return kind_for_status(status, message, code)


def encode_error(error: GatewayError) -> JsonObject:
    """Return the body of an error reply."""
    return {"error": describe_error(error)}


def describe_error(error: GatewayError) -> JsonObject:
    """Return the error object of replies and `error` events."""
    return {
        "message": error.message,
        "type": "server_error" if error.status >= 500 else "invalid_request_error",
        "param": error.where if _is_of_field(error) else None,
        "code": error.code or _CODES.get(error.kind),
        **error.details,
    }


def _is_of_field(error: GatewayError) -> bool:
    return error.kind is Kind.BAD_REQUEST or error.code in _OF_FIELDS


def describe_failure(error: GatewayError) -> JsonObject:
    """Return the error object of a failed response; its code is never null."""
    return {
        "code": error.code or _CODES.get(error.kind, "server_error"),
        "message": error.message,
    }


def error_event(error: GatewayError, number: int) -> bytes:
    """Return the `error` event: flat as documented, and nested as the live API sends it.

    The SDKs raise their API error only for the nested form.
    """
    described = describe_error(error)
    event: JsonObject = {
        "type": "error",
        "code": described["code"],
        "message": error.message,
        "param": described["param"],
        "sequence_number": number,
        "error": described,
    }
    return sse.frame(event, "error")


def encode_stream_error(error: GatewayError, request_id: str) -> bytes:
    """Return the frames that end a passed-through stream: an `error` event, then a failed response.

    The response's own id has gone by unseen, so the failed response bears the request's.
    """
    response: JsonObject = {
        "id": response_id(request_id),
        "object": "response",
        "created_at": 0,
        "status": "failed",
        "error": describe_failure(error),
        "incomplete_details": None,
        "model": "",
        "output": [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "text": {"format": {"type": "text"}},
        "usage": None,
    }
    failed: JsonObject = {
        "type": "response.failed",
        "response": response,
        "sequence_number": _LAST,
    }
    return error_event(error, _LAST - 1) + sse.frame(failed, "response.failed")
