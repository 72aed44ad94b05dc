"""Values at dotted paths."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.transforms.dotted import holds, value_at, with_value, without
from plexus.transforms.wire import JsonObject

BODY: JsonObject = {"a": {"b": {"c": 1}, "n": None}, "t": "text", "l": [{"x": 1}]}


@pytest.mark.parametrize(
    ("path", "there", "value"),
    [
        ("a.b.c", True, 1),
        ("a.n", True, None),
        ("t", True, "text"),
        ("a.x", False, None),
        ("a.n.x", False, None),
        ("t.x", False, None),
        ("l.0", False, None),
        ("x.y.z", False, None),
        ("", False, None),
    ],
)
def test_a_value_is_read(path: str, there: bool, value: object) -> None:
    assert holds(BODY, path) is there
    assert value_at(BODY, path) == value


@pytest.mark.parametrize(
    ("path", "changed"),
    [
        ("t", {**BODY, "t": 9}),
        ("a.b.c", {**BODY, "a": {"b": {"c": 9}, "n": None}}),
        ("x.y", {**BODY, "x": {"y": 9}}),
        ("t.x", {**BODY, "t": {"x": 9}}),
    ],
)
def test_a_value_is_written_into_a_copy(path: str, changed: JsonObject) -> None:
    before = repr(BODY)
    assert with_value(BODY, path, 9) == changed
    assert repr(BODY) == before


def test_a_value_is_taken_out_of_a_copy() -> None:
    before = repr(BODY)
    assert without(BODY, "a.b.c") == {**BODY, "a": {"b": {}, "n": None}}
    assert without(BODY, "t") == {"a": BODY["a"], "l": BODY["l"]}
    assert repr(BODY) == before
    assert without(BODY, "a.x") is BODY
    assert without(BODY, "t.x.y") is BODY


@given(st.lists(st.sampled_from(["a", "b", "t", "x"]), min_size=1, max_size=4).map(".".join))
def test_what_is_written_is_there_and_what_is_taken_out_is_not(path: str) -> None:
    written = with_value(BODY, path, 7)
    assert holds(written, path) and value_at(written, path) == 7
    assert not holds(without(written, path), path)
