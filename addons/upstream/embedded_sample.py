"""Invent a JSON value that fits a JSON Schema: the arguments and answers of the demo model.

Deterministic and cheap whatever the schema says: depth and size are bounded, so that neither a
schema that contains itself nor one that asks for a million items can hold up the gateway.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from plexus.transforms.wire import (
    Json,
    JsonObject,
    count_at,
    list_at,
    number_at,
    object_at,
    objects_at,
    text_at,
    texts_at,
)

_MAX_DEPTH: Final = 12
_MAX_VALUES: Final = 500
_MAX_ITEMS: Final = 16
_MAX_BOUND: Final = 1e15

# JSON Schema 2020-12, validation vocabulary §7.3.
_FORMATS: Final[Mapping[str, str]] = {
    "date": "2025-01-31",
    "date-time": "2025-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "duration": "P1D",
    "email": "demo@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def sample(schema: Json) -> Json:
    """Return a value for `schema`: its const, default, example or first enum value if it has one.

    Objects get the properties that are required, or all of them where none is. What `pattern` and
    `uniqueItems` ask for is not heeded.
    """
    return _Inventor(schema).value(schema, name="value", depth=0)


class _Inventor:
    """One walk through one schema: `root` is where `$ref` points into, `left` the size allowed."""

    __slots__ = ("_left", "_root")

    def __init__(self, root: Json) -> None:
        self._root = root
        self._left = _MAX_VALUES

    def value(self, schema: Json, *, name: str, depth: int) -> Json:
        self._left -= 1
        if self._left < 0 or depth > _MAX_DEPTH or schema is False:
            return None
        if not isinstance(schema, dict):
            return _text({}, name)  # `true` and what is no schema at all: anything goes
        for key in ("$ref", "allOf", "anyOf", "oneOf"):
            if key in schema:
                return self.value(self._resolved(schema, key), name=name, depth=depth + 1)
        found, given = _given(schema)
        if found:
            return given
        return self._typed(schema, name, depth)

    def _resolved(self, schema: JsonObject, key: str) -> Json:
        rest = {other: value for other, value in schema.items() if other != key}
        if key == "$ref":
            target = _pointed(self._root, text_at(schema, key) or "")
            return {**target, **rest} if isinstance(target, dict) else target
        options = objects_at(schema, key)
        if key == "allOf":
            return _merged([*options, rest])
        likely = [option for option in options if option.get("type") != "null"] or options
        return _merged([rest, *likely[:1]])

    def _typed(self, schema: JsonObject, name: str, depth: int) -> Json:
        kind = _type(schema)
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, name, depth)
        return _SCALARS.get(kind, _text)(schema, name)

    def _object(self, schema: JsonObject, depth: int) -> JsonObject:
        properties = object_at(schema, "properties") or {}
        names = texts_at(schema, "required") or list(properties)
        return {
            name: self.value(properties.get(name, True), name=name, depth=depth + 1)
            for name in names
            if self._left > 0
        }

    def _array(self, schema: JsonObject, name: str, depth: int) -> list[Json]:
        first = list_at(schema, "prefixItems")
        least = count_at(schema, "minItems")
        most = count_at(schema, "maxItems")
        size = max(1, len(first)) if least is None else max(least, len(first))
        size = min(size, _MAX_ITEMS if most is None else min(most, _MAX_ITEMS))
        later = schema.get("items", True)
        schemas = [first[i] if i < len(first) else later for i in range(size)]
        return [self.value(item, name=name, depth=depth + 1) for item in schemas if self._left > 0]


def _given(schema: JsonObject) -> tuple[bool, Json]:
    for key in ("const", "default"):
        if key in schema:
            return True, schema[key]
    for key in ("examples", "enum"):
        if values := list_at(schema, key):
            return True, values[0]
    return False, None


def _type(schema: JsonObject) -> str:
    kinds = [kind for kind in texts_at(schema, "type") if kind != "null"]
    if kinds:
        return kinds[0].lower()  # Gemini writes STRING
    if "type" in schema:
        return "null"
    if "properties" in schema or "required" in schema:
        return "object"
    return "array" if "items" in schema or "prefixItems" in schema else "string"


def _pointed(root: Json, reference: str) -> Json:
    # RFC 6901, as a URI fragment; a schema elsewhere cannot be fetched and may be anything.
    if not reference.startswith("#"):
        return True
    at = root
    for step in reference[1:].split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        at = at.get(key, True) if isinstance(at, dict) else True
    return at


def _merged(parts: list[JsonObject]) -> JsonObject:
    merged: JsonObject = {}
    for part in parts:
        properties = {
            **(object_at(merged, "properties") or {}),
            **(object_at(part, "properties") or {}),
        }
        required: list[Json] = [*list_at(merged, "required"), *list_at(part, "required")]
        merged |= part
        if properties:
            merged["properties"] = properties
        if required:
            merged["required"] = required
    return merged


def _text(schema: JsonObject, name: str) -> Json:
    text = _FORMATS.get(text_at(schema, "format") or "", f"example {name}")
    least = min(count_at(schema, "minLength") or 0, 1000)
    most = count_at(schema, "maxLength")
    padded = text + "x" * (least - len(text))
    return padded if most is None else padded[:most]


@dataclass(frozen=True, slots=True)
class _Range:
    low: float | None
    above: float | None
    high: float | None
    below: float | None
    step: float | None

    def holds(self, value: float) -> bool:
        return (
            (self.low is None or value >= self.low)
            and (self.above is None or value > self.above)
            and (self.high is None or value <= self.high)
            and (self.below is None or value < self.below)
            and (not self.step or math.isclose(math.remainder(value, self.step), 0, abs_tol=1e-9))
        )

    def candidates(self) -> list[float]:
        lower = [bound for bound in (self.low, self.above) if bound is not None]
        upper = [bound for bound in (self.high, self.below) if bound is not None]
        step = self.step or 1
        ends = [float(max(lower))] if lower else []
        ends += [float(min(upper))] if upper else []
        near = [value for end in ends for value in (end, end + step, end - step)]
        even = [math.ceil(end / step) * step for end in ends]
        return [1, 0, step, *near, *even, sum(ends) / (len(ends) or 1)]


def _number(schema: JsonObject, name: str) -> Json:
    bounds = _Range(
        _bound(schema, "minimum"),
        _bound(schema, "exclusiveMinimum"),
        _bound(schema, "maximum"),
        _bound(schema, "exclusiveMaximum"),
        _bound(schema, "multipleOf"),
    )
    fitting = (
        value
        for value in bounds.candidates()
        if bounds.holds(value) and (_type(schema) != "integer" or value == int(value))
    )
    value = next(fitting, 1)
    return int(value) if value == int(value) else value


def _bound(schema: JsonObject, key: str) -> float | None:
    value = number_at(schema, key)
    # NaN, infinity and integers that no float can hold are legal in the text we parse.
    return value if value is not None and abs(value) <= _MAX_BOUND else None


def _true(schema: JsonObject, name: str) -> Json:
    return True


def _null(schema: JsonObject, name: str) -> Json:
    return None


_SCALARS: Final[Mapping[str, Callable[[JsonObject, str], Json]]] = {
    "string": _text,
    "number": _number,
    "integer": _number,
    "boolean": _true,
    "null": _null,
}
