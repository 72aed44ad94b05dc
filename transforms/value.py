"""Make values that a call creates by the hundred: frozen all the same, at a third of the price."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Final, cast

_ABSENT: Final = object()


def quickly_made[T](cls: type[T]) -> type[T]:
    """Give a frozen dataclass with slots an `__init__` that fills its slots.

    The stock one has `object.__setattr__` find each field by its name, since the class's own
    refuses every change. The slots can be set directly; the class still refuses later changes.
    """
    fields = dataclasses.fields(cls)  # type: ignore[arg-type]  # says so itself if it is none
    known: dict[str, object] = {"_absent": _ABSENT}
    for field in fields:
        known[f"_set_{field.name}"] = getattr(cls, field.name).__set__
        known[f"_default_{field.name}"] = field.default
        known[f"_make_{field.name}"] = field.default_factory
    lines = [
        f"def __init__({', '.join(_parameters(fields))}):",
        *(f"    _set_{field.name}(self, {_value(field)})" for field in fields),
    ]
    exec("\n".join(lines), known)  # noqa: S102 - the fields' names are our own
    made = cast("Callable[..., None]", known["__init__"])
    setattr(cls, "__init__", functools.wraps(cls.__init__)(made))  # noqa: B010 - mypy bars `=`
    return cls


def _parameters(fields: tuple[dataclasses.Field[object], ...]) -> list[str]:
    named = [_parameter(field) for field in fields if field.kw_only]
    placed = [_parameter(field) for field in fields if not field.kw_only]
    return ["self", *placed, *(["*", *named] if named else [])]


def _parameter(field: dataclasses.Field[object]) -> str:
    if field.default_factory is not dataclasses.MISSING:
        return f"{field.name}=_absent"
    if field.default is not dataclasses.MISSING:
        return f"{field.name}=_default_{field.name}"
    return field.name


def _value(field: dataclasses.Field[object]) -> str:
    if field.default_factory is dataclasses.MISSING:
        return field.name
    return f"_make_{field.name}() if {field.name} is _absent else {field.name}"
