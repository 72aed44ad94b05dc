"""Tell what a plain YAML word means by the YAML 1.2 core schema, keeping how numbers were spelled.

YAML 1.2.2 section 10.3.2: `no`, `on` and `2024-01-01` are words; only the forms below are not.
The spelling is kept because a model may be called `1.10` and a secret may be `007`.
"""

from __future__ import annotations

import math
import re
from typing import Final, Self

from plexus.transforms.wire import Json

_WORDS: Final[dict[str, bool | None]] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_DECIMAL: Final = re.compile(r"[-+]?[0-9]+")
_OCTAL: Final = re.compile(r"0o[0-7]+")
_HEX: Final = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITY: Final = re.compile(r"[-+]?\.(inf|Inf|INF)")
_NOT_A_NUMBER: Final = frozenset({".nan", ".NaN", ".NAN"})
_NUMBER_STARTS: Final = frozenset("+-.0123456789")
_LONGEST_NUMBER: Final = 400  # longer runs of digits are names; Python's int() refuses them anyway


class SpelledInt(int):
    """A whole number that remembers its spelling."""

    text: str

    def __new__(cls, value: int, text: str) -> Self:
        """Make one of a value and the characters that stood in the file."""
        made = super().__new__(cls, value)
        made.text = text
        return made


class SpelledFloat(float):
    """A number with a fraction that remembers its spelling."""

    text: str

    def __new__(cls, value: float, text: str) -> Self:
        """Make one of a value and the characters that stood in the file."""
        made = super().__new__(cls, value)
        made.text = text
        return made


class PlainText(str):
    """Text that stood without quotes: after `${NAME}` is filled in, it may mean a number."""

    __slots__ = ()


def resolve(text: str) -> bool | int | float | str | None:
    """Return what a plain word means; numbers come as `SpelledInt` or `SpelledFloat`."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_STARTS or len(text) > _LONGEST_NUMBER:
        return text
    if _DECIMAL.fullmatch(text):
        return SpelledInt(int(text), text)
    if _OCTAL.fullmatch(text) or _HEX.fullmatch(text):
        return SpelledInt(int(text, 0), text)
    return _resolve_fraction(text)


def _resolve_fraction(text: str) -> float | str:
    if _FLOAT.fullmatch(text):
        return SpelledFloat(float(text), text)
    if _INFINITY.fullmatch(text):
        return SpelledFloat(-math.inf if text[0] == "-" else math.inf, text)
    if text in _NOT_A_NUMBER:
        return SpelledFloat(math.nan, text)
    return text


def spelling(value: bool | int | float | str) -> str:
    """Return a scalar as the text that was written for it."""
    match value:
        case SpelledInt() | SpelledFloat():
            return value.text
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str():
            return value


def plain(value: Json) -> Json:
    """Return the same JSON value with ordinary numbers and text only, and no infinities."""
    match value:
        case bool() | None:
            return value
        case int():
            return int(value)
        case float():
            return float(value) if math.isfinite(value) else None
        case str():
            return str(value)
        case list():
            return [plain(item) for item in value]
        case dict():
            return {str(key): plain(item) for key, item in value.items()}
