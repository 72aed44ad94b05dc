"""Parse and print JSON, and read values out of it: the only place that knows orjson.

Accessors return `None` for an absent or wrongly typed value, so that decoders state what they
expect in one word and never raise on a provider's surprise.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from typing import Final

import orjson

from plexus.transforms.errors import GatewayError, Kind

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None
type JsonObject = dict[str, Json]

_BOM: Final = b"\xef\xbb\xbf"
_DIGITS_AS_ZERO: Final = bytes(48 if 48 <= code <= 57 else 32 for code in range(256))
_LARGEST: Final = sys.float_info.max
_MOST: Final = 2**53  # the largest number up to which JSON's readers count exactly


def parse(data: bytes | str, *, where: str = "body") -> Json:
    """Parse JSON text; integers of any size survive. Raise `GatewayError(BAD_REQUEST)`."""
    text = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    text = text.removeprefix(_BOM)
    try:
        value: Json = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if "depth limit" in str(error):
            raise _not_json(error, where) from error
        return _parse_leniently(text, where)
    return _parse_leniently(text, where) if _has_long_number(text) else value


def _has_long_number(text: bytes) -> bool:
    # orjson turns integers beyond 64 bits into floats. Nineteen digits in a row hold three of
    # every sixth byte: a cheap look that nearly always spares the exact one. (`rfind` takes half
    # the time of `find` here.)
    if len(text) < 19 or text[::6].translate(_DIGITS_AS_ZERO).rfind(b"000") < 0:
        return False
    return text.translate(_DIGITS_AS_ZERO).rfind(b"0" * 19) >= 0


def _parse_leniently(text: bytes, where: str) -> Json:
    # orjson also refuses lone surrogates and NaN, which providers do send.
    try:
        value: Json = json.loads(text)  # noqa: TID251 - the fallback lives here
    except (ValueError, RecursionError) as error:
        raise _not_json(error, where) from error
    return value


def _not_json(error: Exception, where: str) -> GatewayError:
    return GatewayError(Kind.BAD_REQUEST, f"{where} is not valid JSON: {error}", where=where)


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


def parse_text(data: bytes) -> str | None:
    """Parse a lone JSON string; `None` for anything else, lone surrogates among it."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, str) else None


def dump(value: object) -> bytes:
    """Print compact JSON as UTF-8, keeping key order and non-ASCII characters."""
    try:
        return orjson.dumps(value)
    except (TypeError, orjson.JSONEncodeError):
        # Lone surrogates and integers beyond 64 bits are legal in JSON text but not in orjson.
        return _dump_leniently(value)


def _dump_leniently(value: object) -> bytes:
    try:
        text = _print(value, ensure_ascii=False)
    except ValueError:  # NaN or infinity, which orjson prints as null
        return _dump_leniently(_without_nan(value))
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _print(value, ensure_ascii=True).encode()


def _print(value: object, *, ensure_ascii: bool) -> str:
    return json.dumps(  # noqa: TID251 - the fallback lives here
        value, ensure_ascii=ensure_ascii, separators=(",", ":"), allow_nan=False
    )


def _without_nan(value: object) -> object:
    match value:
        case float():
            return value if math.isfinite(value) else None
        case list():
            return [_without_nan(item) for item in value]
        case dict():
            return {key: _without_nan(item) for key, item in value.items()}
        case _:
            return value


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


def text_at(obj: Mapping[str, Json], key: str) -> str | None:
    """Return `obj[key]` if it is a string."""
    value = obj.get(key)
    return value if isinstance(value, str) else None


def object_at(obj: Mapping[str, Json], key: str) -> JsonObject | None:
    """Return `obj[key]` if it is an object."""
    value = obj.get(key)
    return value if isinstance(value, dict) else None


def list_at(obj: Mapping[str, Json], key: str) -> list[Json]:
    """Return `obj[key]` if it is an array, else an empty list."""
    value = obj.get(key)
    return value if isinstance(value, list) else []


def objects_at(obj: Mapping[str, Json], key: str) -> list[JsonObject]:
    """Return the objects in the array `obj[key]`, skipping whatever else is in it."""
    return [item for item in list_at(obj, key) if isinstance(item, dict)]


def bool_at(obj: Mapping[str, Json], key: str) -> bool | None:
    """Return `obj[key]` if it is a boolean."""
    value = obj.get(key)
    return value if isinstance(value, bool) else None


def number_at(obj: Mapping[str, Json], key: str) -> float | None:
    """Return `obj[key]` if it is a number (an int stays an int) that a float can hold."""
    value = obj.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return value if -_LARGEST <= value <= _LARGEST else None


def count_at(obj: Mapping[str, Json], key: str) -> int | None:
    """Return `obj[key]` floored and never negative; Gemini sends int64 as `"12"`.

    Beyond 2⁵³ nothing is a count: `None`.
    """
    found = obj.get(key)
    if found is None or (type(found) is int and 0 <= found <= _MOST):
        return found
    match found:
        case bool():
            return None
        case int() | float() as value if -_MOST <= value <= _MOST:
            return max(0, int(value))
        case str() as text if len(text) <= 20 and text.strip().isdecimal():
            count = int(text)
            return count if count <= _MOST else None
        case _:
            return None


def texts_at(obj: Mapping[str, Json], key: str) -> list[str]:
    """Return the strings in `obj[key]`, which may also be one lone string."""
    value = obj.get(key)
    if isinstance(value, str):
        return [value]
    return [item for item in list_at(obj, key) if isinstance(item, str)]


def rest(obj: Mapping[str, Json], known: frozenset[str]) -> JsonObject:
    """Return the fields of `obj` that are not in `known`: what must ride along in `ext`."""
    if known.issuperset(obj):
        return {}
    return {key: value for key, value in obj.items() if key not in known}
