"""Values that are made quickly are frozen dataclasses like any other."""

from __future__ import annotations

import dataclasses
import inspect

import pytest

from plexus.transforms.value import quickly_made


@quickly_made
@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Point:
    x: int
    tags: tuple[str, ...] = ()
    notes: dict[str, int] = dataclasses.field(default_factory=dict, hash=False)


def test_fields_get_what_is_given_or_their_defaults() -> None:
    point = _Point(x=1, notes={"a": 2})

    assert dataclasses.asdict(point) == {"x": 1, "tags": (), "notes": {"a": 2}}
    assert dataclasses.asdict(_Point(x=1)) == {"x": 1, "tags": (), "notes": {}}
    assert _Point(x=1).notes is not _Point(x=1).notes


def test_values_refuse_to_be_changed() -> None:
    point = _Point(x=1)

    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(point, "x", 2)  # noqa: B010 - type checkers bar the plain way
    assert not hasattr(point, "__dict__")


def test_values_are_equal_and_hash_alike_by_their_fields() -> None:
    here, there = _Point(x=1, tags=("a",)), _Point(x=1, tags=("a",))

    assert (here, hash(here)) == (there, hash(there))
    assert dataclasses.replace(here, x=2) == _Point(x=2, tags=("a",)) != here
    assert repr(here) == "_Point(x=1, tags=('a',), notes={})"


def test_fields_must_be_named_and_the_needed_ones_given() -> None:
    assert {p.kind for p in inspect.signature(_Point).parameters.values()} == {
        inspect.Parameter.KEYWORD_ONLY
    }
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'x'"):
        _Point()  # type: ignore[call-arg]  # that is the point
    with pytest.raises(TypeError, match="positional argument"):
        _Point(1)  # type: ignore[misc]  # that is the point


@quickly_made
@dataclasses.dataclass(frozen=True, slots=True)
class _Step:
    by: int
    note: str = dataclasses.field(default="", kw_only=True)
    twice: bool = False


def test_fields_without_a_name_are_given_in_their_order() -> None:
    assert _Step(1, True, note="a") == _Step(by=1, twice=True, note="a")
    assert dataclasses.asdict(_Step(1)) == {"by": 1, "note": "", "twice": False}
    with pytest.raises(TypeError, match="positional argument"):
        _Step(1, True, "a")  # type: ignore[misc]  # that is the point
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(_Step(1), "by", 2)  # noqa: B010 - type checkers bar the plain way
