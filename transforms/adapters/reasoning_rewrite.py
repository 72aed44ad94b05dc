"""Say how much to think in whatever fields a provider invented.

Options: `{rules: [{source, when?, rewrites: [{target, value}], strip?}]}`. Every rule that fires is
applied, in order: `when` compares the value at `source` (without it, the value must be there),
`rewrites` write values, `strip` then removes paths. Paths are dotted. A `value` is a literal, or
`{from: source}`, `{from: map, values: {…}}` (a miss writes nothing), or
`{from: boolean, truthy, falsy}`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from plexus.transforms.adapter import Adapter, Optioned, Place
from plexus.transforms.codec import Receipt
from plexus.transforms.dotted import holds, value_at, with_value, without
from plexus.transforms.options import Options
from plexus.transforms.wire import Json, JsonObject, dump_text, kind_of

_COMPARISONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
_OPS: Final = ("eq", "neq", *_COMPARISONS, "in", "present", "absent")
_SOURCES: Final = ("source", "map", "boolean")


@dataclass(frozen=True, slots=True, kw_only=True)
class _When:
    op: str
    value: Json = None
    values: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rewrite:
    target: str
    kind: str  # literal, source, map, boolean
    literal: Json = None
    values: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    source: str
    when: _When
    rewrites: tuple[_Rewrite, ...]
    strip: tuple[str, ...]


def _read(raw: JsonObject, problems: list[str]) -> tuple[_Rule, ...]:
    options = Options(raw, problems)
    options.only("rules")
    return tuple(_rule(rule) for rule in options.objects("rules", required=True))


def _rule(options: Options) -> _Rule:
    options.only("source", "when", "rewrites", "strip")
    when = options.object("when")
    rule = _Rule(
        source=options.text("source"),
        when=_When(op="present") if when is None else _when(when),
        rewrites=tuple(_rewrite(entry) for entry in options.objects("rewrites")),
        strip=options.texts("strip"),
    )
    if not rule.rewrites and not rule.strip:
        options.complain("rewrites", "needs at least one entry, or strip does")
    return rule


def _when(options: Options) -> _When:
    options.only("op", "value", "values")
    op = options.word("op", _OPS)
    value, values = options.raw.get("value"), options.raw.get("values")
    if op in ("eq", "neq", *_COMPARISONS) and "value" not in options.raw:
        options.complain("value", f"is required for {op}")
    elif op in _COMPARISONS and not _is_number(value):
        options.complain("value", f"must be a number for {op}")
    if op == "in" and not isinstance(values, list):
        options.complain("values", "must be an array for in")
    return _When(op=op, value=value, values=tuple(values) if isinstance(values, list) else ())


def _rewrite(options: Options) -> _Rewrite:
    options.only("target", "value")
    target = options.text("target")
    value = options.raw.get("value")
    if "value" not in options.raw:
        options.complain("value", "is required")
    if not isinstance(value, dict) or "from" not in value:
        return _Rewrite(target=target, kind="literal", literal=value, values={})
    inner = Options(value, options.problems, options.at("value"))
    inner.only("from", "values", "truthy", "falsy")
    kind = inner.word("from", _SOURCES)
    values: JsonObject = {}
    if kind == "map":
        found = inner.object("values")
        values = {} if found is None else found.raw
        if not values:
            inner.complain("values", "is required for map")
    if kind == "boolean":
        values = {"true": value.get("truthy", True), "false": value.get("falsy", False)}
    return _Rewrite(target=target, kind=kind, values=values)


def _change(
    body: JsonObject, rules: tuple[_Rule, ...], _place: Place, receipt: Receipt
) -> JsonObject:
    for rule in rules:
        if _fires(rule, body):
            body = _applied(rule, body, receipt)
    return body


def _applied(rule: _Rule, body: JsonObject, receipt: Receipt) -> JsonObject:
    source = value_at(body, rule.source)
    for rewrite in rule.rewrites:
        found = _value(rewrite, source)
        if found:
            body = with_value(body, rewrite.target, found[0])
    for path in rule.strip:
        if holds(body, path):
            receipt.coerced(path, "rewritten by an adapter")
            body = without(body, path)
    return body


def _value(rewrite: _Rewrite, source: Json) -> tuple[Json] | None:
    """Return what to write, in a box; `None` if nothing is."""
    match rewrite.kind:
        case "source":
            return (source,)
        case "map":
            key = source if isinstance(source, str) else dump_text(source)
            return (rewrite.values[key],) if key in rewrite.values else None
        case "boolean":
            return (rewrite.values["true" if source else "false"],)
        case _:
            return (rewrite.literal,)


def _fires(rule: _Rule, body: JsonObject) -> bool:
    is_there, found, when = holds(body, rule.source), value_at(body, rule.source), rule.when
    match when.op:
        case "absent":
            return not is_there
        case "present":
            return is_there
        case "eq":
            return is_there and _is_same(found, when.value)
        case "neq":
            return is_there and not _is_same(found, when.value)
        case "in":
            return is_there and any(_is_same(found, value) for value in when.values)
        case _:
            return _compares(when, found)


def _compares(when: _When, found: Json) -> bool:
    if isinstance(found, bool) or isinstance(when.value, bool):
        return False
    if not isinstance(found, int | float) or not isinstance(when.value, int | float):
        return False
    return _COMPARISONS[when.op](found, when.value)


def _is_same(one: Json, other: Json) -> bool:
    # In Python, 1 equals True.
    return one == other and (kind_of(one) == kind_of(other))


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


ADAPTER: Adapter = Optioned(name="reasoning_rewrite", read=_read, change=_change)
