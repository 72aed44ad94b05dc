"""Arguments that arrive in pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.transforms.dialects.gemini.partial_args import PartialArgs
from plexus.transforms.wire import Json, JsonObject


def put_together(*pieces: JsonObject) -> JsonObject:
    args = PartialArgs()
    for piece in pieces:
        args.add(piece)
    return args.whole()


def text(path: str, value: str, *, more: bool = False) -> JsonObject:
    piece: JsonObject = {"jsonPath": path, "stringValue": value}
    return {**piece, "willContinue": True} if more else piece


def test_a_string_may_come_in_pieces() -> None:
    assert put_together(
        text("$.city", "New", more=True), text("$.city", " Del", more=True), text("$.city", "hi")
    ) == {"city": "New Delhi"}


def test_a_string_that_is_over_is_replaced_not_continued() -> None:
    assert put_together(text("$.a", "x"), text("$.a", "y")) == {"a": "y"}
    assert put_together(text("$.a", "x", more=True), text("$.b", "z"), text("$.a", "y")) == {
        "a": "y",
        "b": "z",
    }


@pytest.mark.parametrize(
    ("piece", "value"),
    [
        ({"numberValue": 3}, 3),
        ({"numberValue": 3.0}, 3),
        ({"numberValue": 2.5}, 2.5),
        ({"boolValue": False}, False),
        ({"nullValue": "NULL_VALUE"}, None),
    ],
)
def test_other_values_come_whole(piece: JsonObject, value: Json) -> None:
    assert put_together({"jsonPath": "$.a", **piece}) == {"a": value}


def test_paths_lead_into_objects_and_arrays() -> None:
    assert put_together(
        text("$.rooms[1].name", "b"),
        text("$.rooms[0].name", "a"),
        text("$['a key'][\"b.c\"]", "d"),
    ) == {"rooms": [{"name": "a"}, {"name": "b"}], "a key": {"b.c": "d"}}


def test_a_value_in_the_way_gives_way() -> None:
    assert put_together(text("$.a", "x"), text("$.a.b", "y")) == {"a": {"b": "y"}}
    assert put_together(text("$.a.b", "y"), text("$.a[0]", "x")) == {"a": ["x"]}


@pytest.mark.parametrize(
    "piece",
    [
        {},
        {"jsonPath": "$"},
        {"jsonPath": "$..a", "stringValue": "x"},
        {"jsonPath": "$[0]", "stringValue": "x"},
        {"jsonPath": "$.a[", "stringValue": "x"},
        {"jsonPath": "$.a"},
        {"jsonPath": "$" + ".a" * 65, "stringValue": "x"},
    ],
)
def test_a_piece_that_makes_no_sense_is_ignored(piece: JsonObject) -> None:
    assert put_together(piece) == {}


def test_an_absurd_index_fills_no_memory() -> None:
    assert put_together(text("$.a[99999]", "x")) == {"a": []}


def test_whole_arguments_join_the_pieces() -> None:
    args = PartialArgs()
    args.add(text("$.a", "x"))
    args.update({"b": 1})
    assert args.whole() == {"a": "x", "b": 1}


@given(st.lists(st.text(alphabet="$.[]'ab01", max_size=12)))
def test_no_path_is_too_strange(paths: list[str]) -> None:
    put_together(*(text(path, "x") for path in paths))
