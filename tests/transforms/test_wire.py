"""JSON in and out: nothing that providers send is lost, and no accessor ever raises."""

from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.transforms import wire
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import Json, JsonObject
from tests.strategies import json_values

ODD: JsonObject = {
    "text": "words",
    "empty": "",
    "yes": True,
    "no": False,
    "int": 7,
    "float": 2.5,
    "zero": 0,
    "null": None,
    "list": ["a", 1, {"b": 2}, None, "c"],
    "object": {"k": "v"},
}


@given(json_values(20))
def test_printing_and_parsing_gives_the_value_back(value: Json) -> None:
    assert wire.parse(wire.dump(value)) == value
    assert wire.parse(wire.dump_text(value)) == value


@given(st.integers(), json_values(3), st.integers(0, 40))
def test_integers_of_any_size_survive_wherever_they_stand(
    number: int, beside: Json, padding: int
) -> None:
    value: Json = [beside, {"n": number, "k": -number}]
    text = b" " * padding + wire.dump(value)
    assert wire.parse(text) == wire.parse(text.decode()) == value


@pytest.mark.parametrize("number", [2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**30])
def test_integers_around_64_bits_survive(number: int) -> None:
    assert wire.parse(str(number)) == number
    assert wire.dump(number) == str(number).encode()


def test_long_digits_within_strings_change_nothing() -> None:
    text = b'{"id":"12345678901234567890123","n":1}'
    assert wire.dump(wire.parse(text)) == text


def test_lone_surrogates_survive() -> None:
    text = b'{"a":"\\ud83d cut"}'
    value = wire.parse(text)
    assert value == {"a": "\ud83d cut"}
    assert wire.dump(value) == text


def test_nan_and_infinity_are_read_because_some_servers_send_them() -> None:
    value = wire.parse(b'{"a":NaN,"b":Infinity,"c":-Infinity}')
    assert isinstance(value, dict)
    assert math.isnan(value["a"])  # type: ignore[arg-type]  # Json has no float-only access
    assert (value["b"], value["c"]) == (math.inf, -math.inf)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("companion", [1, 2**80], ids=["plain", "beside a big integer"])
def test_what_json_cannot_say_is_printed_as_null(number: float, companion: int) -> None:
    assert wire.parse(wire.dump([number, companion])) == [None, companion]


def test_key_order_and_non_ascii_characters_are_kept() -> None:
    assert wire.dump({"z": "ü", "a": "日本", "m": "😀"}) == '{"z":"ü","a":"日本","m":"😀"}'.encode()


@pytest.mark.parametrize("text", [b"\xef\xbb\xbf{}", "\ufeff{}"])
def test_a_byte_order_mark_is_skipped(text: bytes | str) -> None:
    assert wire.parse(text) == {}


@pytest.mark.parametrize(
    "text",
    [b"", b"   ", b"{", b"{'a':1}", b'{"a":}', b"nul", b"<html>", b"\xff\xfe", b'{"a":1}x', "{"],
)
def test_bad_json_is_the_clients_fault_and_named(text: bytes | str) -> None:
    with pytest.raises(GatewayError, match="tool arguments is not valid JSON") as caught:
        wire.parse(text, where="tool arguments")
    assert (caught.value.kind, caught.value.where) == (Kind.BAD_REQUEST, "tool arguments")
    assert wire.try_parse(text) is None


def test_json_nested_beyond_reason_is_refused_and_does_not_crash() -> None:
    deep = b"[" * 200_000 + b"]" * 200_000
    assert wire.try_parse(deep) is None


@pytest.mark.parametrize("core", [b"1", b"NaN", b"123456789012345678901"])
def test_a_deep_value_that_can_be_read_can_be_printed(core: bytes) -> None:
    deep = b"[" * 900 + core + b"]" * 900
    assert wire.dump(wire.parse(deep)) == deep.replace(b"NaN", b"null")


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_any_bytes_or_text_parse_or_raise_the_one_error(data: bytes | str) -> None:
    with contextlib.suppress(GatewayError):
        wire.parse(data)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (b"[]", "an array"),
        (b'"x"', "a string"),
        (b"1", "a number"),
        (b"1.5", "a number"),
        (b"true", "a boolean"),
        (b"null", "null"),
    ],
)
def test_only_an_object_will_do_where_an_object_is_due(text: bytes, named: str) -> None:
    with pytest.raises(GatewayError, match=f"body must be a JSON object, not {named}$"):
        wire.parse_object(text)


def test_an_object_is_given_back_as_such() -> None:
    assert wire.parse_object(b'{"a":1}') == {"a": 1}
    assert wire.kind_of({}) == "an object"


def test_accessors_give_values_of_their_type_and_none_for_others() -> None:
    assert {key: wire.text_at(ODD, key) for key in ODD if wire.text_at(ODD, key) is not None} == {
        "text": "words",
        "empty": "",
    }
    assert [key for key in ODD if wire.bool_at(ODD, key) is not None] == ["yes", "no"]
    assert [key for key in ODD if wire.number_at(ODD, key) is not None] == ["int", "float", "zero"]
    assert [key for key in ODD if wire.object_at(ODD, key) is not None] == ["object"]
    assert [key for key in ODD if wire.list_at(ODD, key)] == ["list"]


def test_accessors_give_none_for_a_missing_key() -> None:
    nothing = [wire.text_at, wire.object_at, wire.bool_at, wire.number_at, wire.count_at]
    assert [read({}, "absent") for read in nothing] == [None] * 5
    assert wire.list_at({}, "absent") == wire.objects_at({}, "absent") == []
    assert wire.texts_at({}, "absent") == []


@pytest.mark.parametrize("text", [b"1e400", b"-1e400", b"NaN", b"9" * 400])
def test_what_no_float_can_hold_is_no_number(text: bytes) -> None:
    assert wire.number_at(wire.parse_object(b'{"n":' + text + b"}"), "n") is None


def test_lists_are_filtered_by_what_is_wanted() -> None:
    assert wire.objects_at(ODD, "list") == [{"b": 2}]
    assert wire.texts_at(ODD, "list") == ["a", "c"]
    assert wire.texts_at(ODD, "text") == ["words"]


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (12, 12),
        (12.9, 12),
        (-3, 0),
        ("12", 12),
        ("1234567890123456", 1234567890123456),
        (" 12 ", 12),
        ("12.5", None),
        ("", None),
        ("x", None),
        ("²", None),
        (True, None),
        (None, None),
        ([1], None),
        (math.nan, None),
        (math.inf, None),
        (-math.inf, None),
        (-0.5, 0),
        (2**70, None),
        (10**400, None),
        ("9" * 20, None),
        ("9" * 5000, None),
    ],
)
def test_a_count_is_whole_and_never_negative(value: Json, count: int | None) -> None:
    assert wire.count_at({"n": value}, "n") == count


@given(st.dictionaries(st.just("k"), json_values()))
def test_no_accessor_raises_whatever_stands_there(obj: JsonObject) -> None:
    for read in (
        wire.text_at, wire.object_at, wire.list_at, wire.objects_at, wire.bool_at,
        wire.number_at, wire.count_at, wire.texts_at,
    ):  # fmt: skip
        read(obj, "k")


def test_the_rest_is_what_is_not_known() -> None:
    assert wire.rest({"a": 1, "b": None, "c": 3}, frozenset({"a"})) == {"b": None, "c": 3}


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b'"a"', "a"),
        (b'"\\u00f6\xc3\xb6\\ud83d\\ude00"', "öö😀"),
        (b'""', ""),
        (b"1", None),
        (b"null", None),
        (b'"a","b"', None),
        (b'"a', None),
        (b'"\\ud800"', None),
        (b'"\xff"', None),
        (b"", None),
    ],
)
def test_only_a_lone_string_is_a_text(data: bytes, text: str | None) -> None:
    assert wire.parse_text(data) == text
