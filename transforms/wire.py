"""Parse and print JSON, and read values out of it: the only place that knows the JSON library.

Accessors return `None` for an absent or wrongly typed value, so that decoders state what they
expect in one word and never raise on a provider's surprise.
"""

from __future__ import annotations

import json
import math

import orjson

from plexus.transforms.errors import GatewayError, Kind

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None
type JsonObject = dict[str, Json]


def parse(data: bytes | str, *, where: str = "body") -> Json:
    """Parse JSON text; integers of any size survive. Raise `GatewayError(BAD_REQUEST)`."""
    if data[:3] == b"\xef\xbb\xbf" or data[:1] == "\ufeff":
        data = data[3:] if isinstance(data, bytes) else data[1:]
    try:
        value: Json = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        return _parse_leniently(data, error, where)
    return value


def _parse_leniently(data: bytes | str, error: orjson.JSONDecodeError, where: str) -> Json:
    # orjson refuses lone surrogates, NaN and integers beyond 64 bits that providers do send.
    try:
        value: Json = json.loads(data)  # noqa: TID251 - the fallback lives here
    except (ValueError, RecursionError):
        raise GatewayError(
            Kind.BAD_REQUEST, f"{where} is not valid JSON: {error}", where=where
        ) from error
    return value


def parse_object(data: bytes | str, *, where: str = "body") -> JsonObject:
    """Parse a JSON object; raise `GatewayError(BAD_REQUEST)` for anything else."""
    value = parse(data, where=where)
    if not isinstance(value, dict):
        raise GatewayError(
            Kind.BAD_REQUEST, f"{where} must be a JSON object, not {kind_of(value)}", where=where
        )
    return value


def try_parse(data: bytes | str) -> Json:
    """Parse JSON text, or return `None` when it is not JSON."""
    try:
        return parse(data)
    except GatewayError:
        return None


def dump(value: object) -> bytes:
    """Print compact JSON as UTF-8, keeping key order and non-ASCII characters."""
    try:
        return orjson.dumps(value)
    except (TypeError, orjson.JSONEncodeError):
        # Lone surrogates and integers beyond 64 bits are legal in JSON text but not in orjson.
        return _dump_leniently(value)


def _dump_leniently(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))  # noqa: TID251 - as above
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()  # noqa: TID251 - as above


def dump_text(value: object) -> str:
    """Print compact JSON as `str`."""
    return dump(value).decode()


def kind_of(value: Json) -> str:
    """Name a value's JSON type the way an error message should."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
        case dict():
            return "an object"


def text_at(obj: JsonObject, key: str) -> str | None:
    """Return `obj[key]` if it is a string."""
    value = obj.get(key)
    return value if isinstance(value, str) else None


def object_at(obj: JsonObject, key: str) -> JsonObject | None:
    """Return `obj[key]` if it is an object."""
    value = obj.get(key)
    return value if isinstance(value, dict) else None


def list_at(obj: JsonObject, key: str) -> list[Json]:
    """Return `obj[key]` if it is an array, else an empty list."""
    value = obj.get(key)
    return value if isinstance(value, list) else []


def objects_at(obj: JsonObject, key: str) -> list[JsonObject]:
    """Return the objects in the array `obj[key]`, skipping whatever else is in it."""
    return [item for item in list_at(obj, key) if isinstance(item, dict)]


def bool_at(obj: JsonObject, key: str) -> bool | None:
    """Return `obj[key]` if it is a boolean."""
    value = obj.get(key)
    return value if isinstance(value, bool) else None


def number_at(obj: JsonObject, key: str) -> float | None:
    """Return `obj[key]` if it is a number (an int stays an int)."""
    value = obj.get(key)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def count_at(obj: JsonObject, key: str) -> int | None:
    """Return `obj[key]` floored and never negative; Gemini sends int64 as `"12"`."""
    value = obj.get(key)
    if isinstance(value, str):
        value = float(value) if value.strip().isdecimal() else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return max(0, int(value)) if math.isfinite(value) else None


def texts_at(obj: JsonObject, key: str) -> list[str]:
    """Return the strings in `obj[key]`, which may also be one lone string."""
    value = obj.get(key)
    if isinstance(value, str):
        return [value]
    return [item for item in list_at(obj, key) if isinstance(item, str)]


def rest(obj: JsonObject, known: frozenset[str]) -> JsonObject:
    """Return the fields of `obj` that are not in `known`: what must ride along in `ext`."""
    return {key: value for key, value in obj.items() if key not in known}
