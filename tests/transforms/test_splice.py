"""Splicing changes the spans of the named members and not one byte more."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plexus.transforms import wire
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.lazy_object import LazyObject, read_object
from plexus.transforms.splice import patch_top_level

_PADDING = b" " * 5000  # makes any body a large one


def _patched(raw: bytes, changes: dict[str, Any]) -> bytes:
    """The body with its changes, as a small one and as a large one."""
    patched = patch_top_level(raw, wire.parse_object(raw), changes)
    long = raw + _PADDING
    unread = read_object(long)
    assert isinstance(unread, LazyObject) or raw.startswith(b"\xef")
    assert patch_top_level(long, unread, changes) == patched + _PADDING
    return patched


def _spliced(raw: str, **changes: Any) -> str:
    return _patched(raw.encode(), changes).decode()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ('{"model":"a","x":1}', '{"model":"new","x":1}'),
        ('{"x":[1,{"y":2}],"model":"a"}', '{"x":[1,{"y":2}],"model":"new"}'),
        ('{ "x" : 1.0e2 , "model" : null }', '{ "x" : 1.0e2 , "model" : "new" }'),
        ('{"x":{"model":"inner"},"model":"a"}', '{"x":{"model":"inner"},"model":"new"}'),
        ('{"x":{"model":1},"\\u006dodel":"a"}', '{"x":{"model":1},"\\u006dodel":"new"}'),
        ('{"model":"a","model":"b"}', '{"model":"new","model":"new"}'),
        ('{"model":"a","\\u006do\\u0064el":"b"}', '{"model":"new","\\u006do\\u0064el":"new"}'),
        ('{"x\\"model":1,"model":"a"}', '{"x\\"model":1,"model":"new"}'),
        ('{"x\\"model":1,"\\u006dodel":"a"}', '{"x\\"model":1,"\\u006dodel":"new"}'),
        ('{"x":"\\"model\\":1","model":"a"}', '{"x":"\\"model\\":1","model":"new"}'),
        ('{"x":"\\\\","model":"a"}', '{"x":"\\\\","model":"new"}'),
        ('{"model":{"a":[1,"]}"]},"x":1}', '{"model":"new","x":1}'),
        ('{"model":-1.5E+3}', '{"model":"new"}'),
        ('{"type":"model","model":"a"}', '{"type":"model","model":"new"}'),
        ('{"model" :"a","x":["model", "\\"model"]}', '{"model" :"new","x":["model", "\\"model"]}'),
        ('{"x\\"model" :1,"model":"a"}', '{"x\\"model" :1,"model":"new"}'),
        ('{"x":{"model":1},"y":{"model":2}}', '{"x":{"model":1},"y":{"model":2},"model":"new"}'),
        ('{"x":"\\u006dodel","model":"a"}', '{"x":"\\u006dodel","model":"new"}'),
        ('{"model":"model"}', '{"model":"new"}'),
        ('{"x":1}', '{"x":1,"model":"new"}'),
        ("{}", '{"model":"new"}'),
        (' \n{ }\r\n ', ' \n{ "model":"new"}\r\n '),
        ('{"x":"}" }\n', '{"x":"}" ,"model":"new"}\n'),
    ],
)  # fmt: skip
def test_only_the_span_of_the_member_changes(raw: str, expected: str) -> None:
    assert _spliced(raw, model="new") == expected


def test_a_byte_order_mark_stays() -> None:
    raw = b'\xef\xbb\xbf{"model":"a"}'

    assert _patched(raw, {"model": "b"}) == b'\xef\xbb\xbf{"model":"b"}'


def test_several_members_are_replaced_and_appended_at_once() -> None:
    raw = '{"stream":true,"model":"a","n": 1}'
    changes = {"model": "b", "stream": False, "stream_options": {"include_usage": True}}

    expected = '{"stream":false,"model":"b","n": 1,"stream_options":{"include_usage":true}}'
    assert _spliced(raw, **changes) == expected


def test_members_change_where_they_stand_whatever_the_order_of_the_changes() -> None:
    raw = '{"a":1,"model":"b" , "stream":[true]}'

    assert _spliced(raw, stream=False, a=2, model="c") == '{"a":2,"model":"c" , "stream":false}'


def test_a_body_that_was_not_read_as_claimed_is_an_internal_error() -> None:
    with pytest.raises(GatewayError) as caught:
        patch_top_level(b'{"x":1}', {"model": "a"}, {"model": "b"})

    assert caught.value.kind is Kind.INTERNAL


@pytest.mark.parametrize("key", ["stop", "model"])
def test_a_member_in_the_middle_of_a_long_body_is_found(key: str) -> None:
    body = {"a": ['x "y" \\'] * 50, "model": 1, "stop": {"a": [1]}, "b": [{"c": "d"}] * 50}
    raw = json.dumps(body)

    assert json.loads(_spliced(raw, **{key: 2})) == {**body, key: 2}


def test_a_key_with_other_characters_is_found_too() -> None:
    assert _spliced('{"stream_options":1,"é":2}', stream_options=3, é=4) == (
        '{"stream_options":3,"é":4}'
    )


_TEXT = st.text(alphabet=st.sampled_from('model":{}[],\\ \n é€𝄞'), max_size=12)
_KEYS = st.sampled_from(["model", "stream", "x", 'a"model', "\\", "mod", "é", "model "])
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS | _TEXT, inner, max_size=3),
    max_leaves=12,
)
_OBJECTS = st.dictionaries(_KEYS | _TEXT, _VALUES, max_size=5)
_CHANGES = st.dictionaries(_KEYS, _VALUES, min_size=1, max_size=3)


@settings(max_examples=200)
@given(_OBJECTS, _CHANGES, st.booleans(), st.sampled_from([None, 0, 2]))
def test_the_result_reads_as_the_object_with_its_changes(
    body: dict[str, Any], changes: dict[str, Any], ascii_: bool, indent: int | None
) -> None:
    raw = json.dumps(body, ensure_ascii=ascii_, indent=indent).encode()

    spliced = _patched(raw, changes)

    assert json.loads(spliced) == {**body, **changes}


@settings(max_examples=200)
@given(_OBJECTS, _TEXT)
def test_putting_the_old_value_back_gives_the_old_bytes(body: dict[str, Any], model: str) -> None:
    body = {**body, "model": model}
    raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()

    there = _patched(raw, {"model": "other"})
    back = _patched(there, {"model": model})

    assert back == raw


@settings(max_examples=200)
@given(st.lists(st.tuples(_KEYS, _VALUES), max_size=6))
def test_duplicate_keys_are_all_replaced(members: list[tuple[str, Any]]) -> None:
    members = [*members, ("model", 1)]
    raw = "{" + ",".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in members) + "}"

    spliced = _patched(raw.encode(), {"model": "new"})

    assert _pairs(spliced) == [(k, _plain("new" if k == "model" else v)) for k, v in members]


def _pairs(raw: bytes) -> list[tuple[str, str]]:
    top: list[tuple[str, str]] = []

    def hook(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        top[:] = [(key, _plain(value)) for key, value in pairs]  # the outermost comes last
        return dict(pairs)

    json.loads(raw, object_pairs_hook=hook)
    return top


def _plain(value: Any) -> str:
    return json.dumps(value)
