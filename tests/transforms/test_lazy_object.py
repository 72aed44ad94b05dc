"""Large objects of which only what is asked for is parsed."""

from __future__ import annotations

import bisect
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.transforms.errors import GatewayError
from plexus.transforms.lazy_object import (
    LazyObject,
    length_at,
    may_say,
    read_object,
    whole,
)
from plexus.transforms.wire import Json, JsonObject, dump, parse_object

LONG = "x" * 5000

VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(), VALUES, max_size=5)


def lazy(text: bytes | str) -> LazyObject:
    """The object in a text that is long enough not to be parsed at once."""
    data = text.encode() if isinstance(text, str) else text
    found = read_object(data + b" " * 5000)
    assert isinstance(found, LazyObject)
    return found


def test_what_is_short_is_parsed_at_once() -> None:
    assert type(read_object(b'{"a": [1]}')) is dict


@given(OBJECTS)
def test_it_reads_as_what_was_written(value: JsonObject) -> None:
    found = lazy(json.dumps(value).encode())
    expected = parse_object(found.text)
    assert dict(found) == expected
    assert (len(found), list(found)) == (len(expected), list(expected))
    assert found.whole() == expected
    assert dict(found) == expected


def test_a_member_is_the_same_object_each_time() -> None:
    found = lazy('{"a": [1]}')
    early = found["a"]
    assert found["a"] is early
    assert found.whole()["a"] is early
    assert found["a"] is early
    assert whole(found) is whole(found)


def test_what_was_read_is_counted_as_what_was_not() -> None:
    found = lazy('{"a": [1, 2], "b": [3]}')
    assert (found["a"], length_at(found, "a")) == ([1, 2], 2)
    found.whole()
    assert length_at(found, "b") == 1


def test_it_knows_what_it_holds() -> None:
    found = lazy('{"a": null}')
    assert "a" in found
    assert "b" not in found
    assert found.get("b") is None
    with pytest.raises(KeyError):
        found["b"]


def test_arrays_are_counted_unread() -> None:
    found = lazy('{"a": [1, [2, 3], "]"], "b": [], "c": {"a": []}, "d": "[1]", "a\\u0062": [1]}')
    lengths = {key: length_at(found, key) for key in ("a", "b", "c", "d", "ab", "e")}
    assert lengths == {"a": 3, "b": 0, "c": None, "d": None, "ab": 1, "e": None}
    assert lengths == {key: length_at(found.whole(), key) for key in lengths}


def test_the_values_are_found_in_the_text() -> None:
    found = lazy(' { "a" : [1, "}"] ,"é":{"a":2}, "x y" : -1.5e3\n}')
    spans = found.spans()
    assert spans is not None
    texts = {key: found.text[start:end] for key, (start, end) in spans.items()}
    assert texts == {"a": b'[1, "}"]', "é": b'{"a":2}', "x y": b"-1.5e3"}


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "b": 2, "a": 3}',
        '{"a": 1, "a": 1}',
        '{"a": 12, "b": 2, "a": 1}',
        '{"\\u0061": 1}',
        '{"a\\"": 1}',
        # The second `a` is as long as what stands in front of the inner `model`.
        '{"a": {"b":1,"model":"m"}, "model": "x", "a": 123456}',
        "{}",
    ],
)
def test_what_is_not_plain_to_see_is_not_guessed(text: str) -> None:
    assert lazy(text).spans() is None


@given(OBJECTS.filter(bool))
def test_plain_members_are_found_wherever_they_are(value: JsonObject) -> None:
    found = lazy(dump(value))
    spans = found.spans()
    if spans is not None:
        cut = {key: found.text[start:end] for key, (start, end) in spans.items()}
        assert cut == {key: dump(item) for key, item in found.whole().items()}
    else:
        assert b"\\" in found.text


@pytest.mark.parametrize(
    "text",
    [
        f'{{"a": "{LONG}", "b": NaN}}',  # providers and clients write it
        f'{{"a": "{LONG}", "b": "\\ud800"}}',
        f'\ufeff{{"a": "{LONG}"}}',
    ],
)
def test_what_only_the_lenient_parser_reads_is_read_at_once(text: str) -> None:
    assert type(read_object(text.encode())) is dict


@pytest.mark.parametrize(
    "data",
    [
        f'{{"a": "{LONG}"'.encode(),
        f'["{LONG}"]'.encode(),
        f'{{"a": "{LONG}"}} x'.encode(),
        f'{{"a": "{LONG}", "b": [1,]}}'.encode(),
        b'{"a": ["' + LONG.encode() + b'\xff"]}',
    ],
)
def test_what_is_no_object_is_refused_as_ever(data: bytes) -> None:
    with pytest.raises(GatewayError) as lazily:
        read_object(data, where="it")
    with pytest.raises(GatewayError) as at_once:
        parse_object(data, where="it")
    assert lazily.value.message == at_once.value.message


def test_what_is_too_deep_cannot_be_read_but_all_else() -> None:
    found = lazy('{"deep": ' + "[" * 1200 + "]" * 1200 + ', "a": 1}')
    assert (found["a"], len(found.unread("deep")), length_at(found, "deep")) == (1, 2400, 1)
    with pytest.raises(GatewayError, match="not valid JSON"):
        found["deep"]
    with pytest.raises(GatewayError, match="not valid JSON"):
        found.whole()


def test_what_could_just_be_seen_to_be_json_is_not_counted() -> None:
    def deep(levels: int) -> bytes:
        return b'{"a":' + b"[" * levels + b"]" * levels + b"}" + b" " * 5000

    def is_lazy(levels: int) -> bool:
        try:
            return isinstance(read_object(deep(levels)), LazyObject)
        except GatewayError:
            return False

    levels = 1000 + bisect.bisect_left(range(1000, 200_000), True, key=lambda n: not is_lazy(n)) - 1
    found = read_object(deep(levels))
    assert max([found], key=lambda value: length_at(value, "a") or 0) is found  # a frame deeper


def test_long_numbers_survive() -> None:
    assert lazy('{"a": {"b": 123456789012345678901}}')["a"] == {"b": 123456789012345678901}


def test_words_are_looked_for_in_the_text() -> None:
    found = lazy('{"a": {"type": "thinking"}, "b": "think", "c": "th\\u0069nking", "d": 1}')
    said = {key: may_say(found, key, b"thinking", b"other") for key in ("a", "b", "c", "d", "e")}
    assert said == {"a": True, "b": False, "c": True, "d": False, "e": False}


def test_escapes_that_no_letter_of_the_words_has_do_not_matter() -> None:
    found = lazy('{"a": "\\u001b[31m caf\\u00e9", "b": "\\u005fgw", "c": "gw\\u0031."}')
    assert [may_say(found, key, b"_gw", b"gw1.") for key in "abc"] == [False, True, True]


def test_of_what_was_parsed_at_once_nothing_is_ruled_out() -> None:
    assert may_say({"a": "b"}, "a", b"c")


def test_any_mapping_can_be_made_whole() -> None:
    given: JsonObject = {"a": 1}
    assert whole(given) is given
