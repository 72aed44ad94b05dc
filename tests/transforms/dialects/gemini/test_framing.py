"""Chunks in either framing, at any split."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.transforms import wire
from plexus.transforms.dialects.gemini.framing import ArraySplitter, Chunks
from plexus.transforms.errors import GatewayError, Kind
from tests.strategies import bytewise, json_objects, splits

TRICKY = rb'{"a":"} ] \" \\","b":{"c":[{}]}}'


def cut(pieces: list[bytes]) -> list[bytes]:
    chunks = Chunks()
    frames = [frame for piece in pieces for frame in chunks.cut(piece)]
    found = [chunk for frame in frames if (chunk := chunks.chunk(frame))]
    found += chunks.close()
    assert not chunks.pending
    return found


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b'data: {"a":1}\r\n\r\ndata: {"b":2}\r\n\r\n', [b'{"a":1}', b'{"b":2}']),
        (b'data:{"a":1}\n\n: hello\n\ndata: {"b":2}', [b'{"a":1}', b'{"b":2}']),
        (b'[{"a":1}\r\n,\r\n{"b":2}]\r\n', [b'{"a":1}', b'{"b":2}']),
        (b"\xef\xbb\xbf[" + TRICKY + b"," + TRICKY + b"]", [TRICKY, TRICKY]),
        (b'\n {"error":{"code":1}}', [b'{"error":{"code":1}}']),
        (b'\xef\xbb\xbfdata: {"a":1}\n\n', [b'{"a":1}']),
        (b"[]", []),
        (b"", []),
        (b" \n", []),
    ],
)
def test_chunks_are_found_in_both_framings_at_any_split(
    stream: bytes, expected: list[bytes]
) -> None:
    assert cut([stream]) == expected
    assert cut(bytewise(stream)) == expected


@given(st.lists(json_objects(), max_size=4), st.data())
def test_an_array_of_any_objects_is_cut_into_them(
    objects: list[wire.JsonObject], data: st.DataObject
) -> None:
    printed = [wire.dump(obj) for obj in objects]
    stream = b"[" + b",\r\n".join(printed) + b"]"
    assert cut(data.draw(splits(stream))) == printed


def test_an_unfinished_element_is_pending() -> None:
    chunks = Chunks()
    assert chunks.cut(b'[{"a":1},{"b"') == [b'{"a":1}']
    assert chunks.pending
    assert chunks.close() == []


def test_an_array_holds_no_more_than_one_element() -> None:
    splitter = ArraySplitter(limit=1100)
    element = b'{"a":"' + b"x" * 1000 + b'"}'
    for _ in range(50):
        assert splitter.feed(element + b",") == [element]


def test_an_element_without_end_is_refused() -> None:
    splitter = ArraySplitter(limit=100)
    splitter.feed(b'[{"a":"')
    with pytest.raises(GatewayError) as caught:
        splitter.feed(b"x" * 200)
    assert caught.value.kind is Kind.UPSTREAM_INVALID
