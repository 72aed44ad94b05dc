"""Read providers' error replies, whatever shape they have: the message, the wait, the fault."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final

from plexus.transforms.errors import Kind
from plexus.transforms.quota_headers import reset_in
from plexus.transforms.wire import Json, JsonObject, object_at, text_at, try_parse

_DEEPEST: Final = 12  # nested JSON strings and wrappers to look through
_SCANNED: Final = 20_000  # characters of an error text that are searched

# In the order in which they are trusted; OpenRouter's metadata.raw holds the real provider's words.
_MESSAGE_KEYS: Final = (
    "metadata", "raw", "error", "errors", "message", "errorMessage", "error_message", "msg",
    "detail", "details", "error_description", "description", "title", "reason",
)  # fmt: skip

_TAG: Final = re.compile(r"<[^>]{0,2000}>")
_HTML_NOISE: Final = re.compile(r"<(script|style|head)\b.*?</\1>", re.IGNORECASE | re.DOTALL)
_HTML_TITLE: Final = re.compile(r"<title[^>]{0,200}>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_SPACE: Final = re.compile(r"\s+")

_SECRETS: Final = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=*-]{6,}"), r"\1 ***"),
    (re.compile(r"(?<![A-Za-z0-9])(sk|rk|pk|gsk|xai|pplx|hf|org|csk|nvapi|r8|fw|tgp|ghp|gho|ghu)"
                r"([-_])[A-Za-z0-9_*-]{7,}"), r"\1\2***"),
    (re.compile(r"(?<![A-Za-z0-9])(AIza|AKIA|ASIA|ya29\.)[A-Za-z0-9_*.-]{8,}"), r"\1***"),
    (re.compile(r"(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]+){1,2}"), "***"),
    (re.compile(r"(?i)([?&](?:api[-_]?key|key|token|access_token)=)[^&\s\"']{4,}"), r"\1***"),
    (re.compile(r"(?i)\b(api key provided: |api key: (?=\S*\*))\S+?(?=[.,]?(?:\s|$))"), r"\1***"),
)  # fmt: skip

_WAIT: Final = re.compile(
    r"(?:try again|retry|wait|available|reset)\w*\s+(?:in|after|for)\s+"
    r"(?:about\s+|around\s+|at least\s+|approximately\s+)?~?\s*(?=\d)"
)
# Go prints 7m12.3s: a unit may touch the next number.
_AMOUNT: Final = re.compile(
    r"[\s,]*(?:and\s+)?(\d+(?:\.\d+)?)\s*"
    r"(?:(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)(?![a-z])|(?!\d))"
)
_FIELD: Final = re.compile(
    r'(?:retry_?delay|retry_after_seconds(?:_raw)?|retry_after|retry-after|resets_in_seconds)\\*"'
    r'\s*:\s*\\*"?(\d+(?:\.\d+)?)(ms|s)?'
)
_SECONDS: Final[Mapping[str, float]] = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}

_CONTEXT: Final = (
    "context_length_exceeded", "model_context_window_exceeded", "maximum context length",
    "context length", "context window", "context limit", "context size", "prompt is too long",
    "input is too long", "input token count", "input length", "input tokens exceed",
    "too many input tokens", "maximum number of tokens", "maximum prompt length",
    "max_prompt_tokens", "prompt_too_long", "reduce the length of",
)  # fmt: skip
# Our account there is empty, and waiting does not help.
_BILLING: Final = (
    "insufficient_quota", "insufficient quota", "insufficient_balance", "insufficient balance",
    "insufficient funds", "insufficient credits", "credit balance is too low", "out of credits",
    "used up your points", "balance too low", "account balance", "billing_error",
    "billing_hard_limit", "requires more credits", "payment required",
)  # fmt: skip
# Empty account with a 400, but an ordinary rate limit with a 429 (dataplane.md §4.2).
_QUOTA: Final = ("quota exceeded", "quota limit", "usage limit")
_AUTH: Final = ("invalid_api_key", "api_key_invalid", "api key not valid", "incorrect api key")
_FILTER: Final = ("content_filter", "content_policy_violation", "responsibleaipolicyviolation")

_BY_STATUS: Final[Mapping[int, Kind]] = {
    401: Kind.UPSTREAM_AUTH,
    402: Kind.UPSTREAM_BILLING,
    403: Kind.UPSTREAM_AUTH,
    404: Kind.NOT_FOUND,
    408: Kind.UPSTREAM_TIMEOUT,
    413: Kind.TOO_LARGE,
    429: Kind.RATE_LIMITED,
    503: Kind.OVERLOADED,
    504: Kind.UPSTREAM_TIMEOUT,
    529: Kind.OVERLOADED,
}


def describe(body: bytes, status: int) -> str:
    """Return what a client may be told of an error reply: its message, masked and capped."""
    return cap(mask(extract_message(body))) or f"the provider answered {status} without a message"


def extract_message(body: bytes) -> str:
    """Return the human-readable message of an error body, or "" if there is none.

    Understands objects, arrays, `{detail}`, `{error: "…"}`, `{message}`, JSON inside a string,
    HTML and plain text (wire-formats.md §9). Neither masked nor capped.
    """
    text = body.decode("utf-8", "replace").strip().removeprefix("\ufeff").strip()
    if not text:
        return ""
    value = try_parse(text) if text[0] in '{["' else None
    if value is None:
        return _plain(text)
    return _message_in(value, _DEEPEST) or text


def _plain(text: str) -> str:
    if not text.startswith("<"):
        return text
    title = _HTML_TITLE.search(text[:_SCANNED])
    page = title.group(1) if title else _HTML_NOISE.sub(" ", text[:_SCANNED])
    return _SPACE.sub(" ", _TAG.sub(" ", page)).strip()


def _message_in(value: Json, depth: int) -> str:
    if depth == 0:
        return ""
    match value:
        case str():
            return _message_in_text(value.strip(), depth)
        case list():
            return next((m for item in value[:5] if (m := _message_in(item, depth - 1))), "")
        case dict():
            return _message_in_object(value, depth)
        case _:
            return ""


def _message_in_object(value: JsonObject, depth: int) -> str:
    found = (_message_in(value[key], depth - 1) for key in _MESSAGE_KEYS if key in value)
    message = next((message for message in found if message), "")
    where = value.get("loc")  # FastAPI's validation errors: {"loc": ["body", "n"], "msg": "…"}
    if message and isinstance(where, list) and text_at(value, "msg"):
        return f"{'.'.join(str(step) for step in where)}: {message}"
    return message


def _message_in_text(text: str, depth: int) -> str:
    if text[:1] not in ("{", "["):
        return text
    inner = try_parse(text)
    return (_message_in(inner, depth - 1) if isinstance(inner, dict | list) else "") or text


def cap(text: str, limit: int = 500) -> str:
    """Return at most `limit` code points of `text`, and how many were cut (dataplane.md §1.7)."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}… ({len(text) - limit} more characters)"


def mask(text: str) -> str:
    """Return `text` without anything that looks like a credential or an organisation id."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def retry_after(headers: Mapping[str, str], text: str, *, now: float | None = None) -> float | None:
    """Return the seconds that a provider asks us to wait, or `None` if it does not say.

    Looks at `Retry-After` (seconds or an HTTP date), `retry-after-ms`, the quotas that the headers
    call spent, then the body's fields and words and the headers that OpenRouter quotes in it
    (dataplane.md §4.3). A date counts from `now` (seconds since 1970) or, without it, from the
    reply's own `Date`.
    """
    names = {name.lower(): value.strip() for name, value in headers.items()}
    sent = _moment(names.get("date", "")) if now is None else now
    seconds = _asked_for(names, sent)
    if seconds is None:
        seconds = _wait_in(text[:_SCANNED].lower())
    if seconds is None and "ratelimit-reset" in text[:_SCANNED].lower():
        seconds = reset_in(_quoted_headers(text), sent)
    # Digits without end make an endless wait.
    return None if seconds is None or math.isinf(seconds) else seconds


def _asked_for(names: Mapping[str, str], sent: float | None) -> float | None:
    seconds = _seconds(names.get("retry-after", ""), sent)
    if seconds is not None:
        return seconds
    milliseconds = _number(names.get("retry-after-ms", ""))
    return reset_in(names, sent) if milliseconds is None else milliseconds / 1000


def _quoted_headers(text: str) -> dict[str, str]:
    error = object_at(_object(try_parse(text)), "error") or {}
    headers = object_at(object_at(error, "metadata") or {}, "headers") or {}
    return {name.lower(): value for name, value in headers.items() if isinstance(value, str)}


def _object(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _seconds(value: str, now: float | None) -> float | None:
    number = _number(value)
    if number is not None or now is None:
        return number
    moment = _moment(value)
    return moment - now if moment is not None and moment > now else None


def _moment(value: str) -> float | None:
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError):
        return None


def _wait_in(text: str) -> float | None:
    if field := _FIELD.search(text):
        return float(field.group(1)) * _SECONDS[field.group(2) or "s"]
    wait = _WAIT.search(text)
    if wait is None:
        return None
    total, position = 0.0, wait.end()
    while amount := _AMOUNT.match(text, position):
        if amount.group(2) is None and total:
            break  # "try again in 20s. 3 requests …"
        total += float(amount.group(1)) * _SECONDS[_short(amount.group(2) or "s")]
        position = amount.end()
    return total


def _short(unit: str) -> str:
    return "ms" if unit.startswith(("ms", "mil")) else unit[0]


def kind_for_status(status: int, text: str, code: str | None = None) -> Kind:
    """Say whose fault an upstream's refusal is (wire-formats.md §9, dataplane.md §4.2).

    `text` is the message or the whole body; `code` the provider's own error code, if it gave one.
    """
    words = f"{code or ''} {text[:_SCANNED]}".lower()
    if special := _kind_of_words(status, words):
        return special
    if known := _BY_STATUS.get(status):
        return known
    if 400 <= status < 500:
        return Kind.BAD_REQUEST
    return Kind.UPSTREAM_DOWN if status >= 500 else Kind.UPSTREAM_INVALID


def _kind_of_words(status: int, words: str) -> Kind | None:
    def says(phrases: tuple[str, ...]) -> bool:
        return any(phrase in words for phrase in phrases)

    if status in {400, 403, 429} and says(_BILLING):
        return Kind.UPSTREAM_BILLING
    if status not in {400, 413, 422}:
        return None
    if says(_CONTEXT):
        return Kind.CONTEXT_OVERFLOW
    if says(_AUTH):
        return Kind.UPSTREAM_AUTH
    if says(_FILTER):
        return Kind.FILTERED
    if "model_not_found" in words:
        return Kind.NOT_FOUND
    return Kind.UPSTREAM_BILLING if status == 400 and says(_QUOTA) else None
