"""Frames come out of a byte stream the same way however it is cut and whatever ends its lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.transforms import sse
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.sse import Frame, SseDecoder, frame, frame_around, parse_frame
from tests.strategies import bytewise, json_objects, pieces, splits
from tests.wire_files import Recording, each_recording

STREAM = [
    Frame("", b'{"delta":"Gr\xc3\xbc\xc3\x9fe \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80"}'),
    Frame("content_block_delta", b'{"index":0}'),
    Frame("", b"", (b"OPENROUTER PROCESSING",)),
    Frame("", b"one\ntwo\n\nfour"),
    Frame("", b"[DONE]"),
]


def print_frames(frames: list[Frame], newline: bytes, last: bytes | None = None) -> bytes:
    """Write frames with the given line ending; `last` replaces the final empty line."""
    blocks = []
    for item in frames:
        lines = [b":" + comment for comment in item.comments]
        lines += [b"event: " + item.event.encode()] if item.event else []
        lines += [b"data: " + line for line in item.data.split(b"\n")] if item.data else []
        blocks.append(newline.join(lines) + newline)
    whole = newline.join(blocks)
    return whole + (newline if last is None else last)


def decode(chunks: list[bytes]) -> list[Frame]:
    """Feed the chunks and the end of the stream."""
    decoder = SseDecoder()
    frames = [item for chunk in chunks for item in decoder.feed(chunk)]
    return frames + decoder.close()


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"], ids=["lf", "crlf", "cr"])
def test_all_line_endings_give_the_same_frames_at_every_split(newline: bytes) -> None:
    data = print_frames(STREAM, newline)
    assert decode([data]) == STREAM
    assert decode(bytewise(data)) == STREAM
    for cut in range(len(data)):
        assert decode(pieces(data, [cut])) == STREAM


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize("last", [b"", b"\n"], ids=["no newline", "newline"])
def test_the_last_frame_needs_no_empty_line(newline: bytes, last: bytes) -> None:
    data = print_frames(STREAM, newline, last)
    assert decode([data]) == STREAM
    assert decode(bytewise(data)) == STREAM


NEWLINES = (b"\n", b"\r\n", b"\r")


@pytest.mark.parametrize(
    ("first", "second"),
    # CR then LF is one line ending, not an empty line.
    [(a, b) for a in NEWLINES for b in NEWLINES if a + b != b"\r\n"],
)
def test_an_empty_line_may_end_otherwise_than_the_line_before_it(
    first: bytes, second: bytes
) -> None:
    data = b"data: a" + first + second + b"data: b" + first + second
    assert decode([data]) == [Frame("", b"a"), Frame("", b"b")]
    assert decode(bytewise(data)) == [Frame("", b"a"), Frame("", b"b")]


def test_a_frame_is_given_out_as_soon_as_its_empty_line_is_there() -> None:
    decoder = SseDecoder()
    assert decoder.feed(b"data: a\n") == []
    assert decoder.feed(b"\n") == [Frame("", b"a")]
    assert decoder.feed(b"data: b\r\n\r") == []
    assert decoder.feed(b"\n") == [Frame("", b"b")]
    assert decoder.pending == b""


def test_pending_holds_the_unfinished_frame_only() -> None:
    decoder = SseDecoder()
    decoder.feed(b"data: a\n\ndata: hal")
    assert decoder.pending == b"data: hal"
    assert decoder.close() == [Frame("", b"hal")]
    assert decoder.pending == b""


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"], ids=["lf", "crlf"])
def test_a_byte_order_mark_before_the_stream_is_ignored(newline: bytes) -> None:
    data = b"\xef\xbb\xbf" + print_frames(STREAM, newline)
    assert decode([data]) == STREAM
    assert decode(bytewise(data)) == STREAM


def test_unicode_line_separators_do_not_end_lines() -> None:
    text = "a\u2028b\u2029c\x85d\x0be\x0cf".encode()
    assert decode([b"data: " + text + b"\n\n"]) == [Frame("", text)]


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (b"data:no space\n\n", Frame("", b"no space")),
        (b"data:  two spaces\n\n", Frame("", b" two spaces")),
        (b"data\n\n", Frame("", b"")),
        (b"data: padded   \n\n", Frame("", b"padded   ")),
        (b"data: a:b\n\n", Frame("", b"a:b")),
        (b"event: ping\n\n", Frame("ping", b"")),
        (b"event:ping\ndata: {}\n\n", Frame("ping", b"{}")),
        (b"event: a\nevent: b\ndata: {}\n\n", Frame("b", b"{}")),
        (b"event: \xff\ndata: {}\n\n", Frame("\ufffd", b"{}")),
        (b"id: 7\nretry: 10\ndata: {}\n\n", Frame("", b"{}")),
        (b": keep-alive\n\n", Frame("", b"", (b"keep-alive",))),
        (b":a\n:b\ndata: x\n\n", Frame("", b"x", (b"a", b"b"))),
        (b"id: 7\n\n", None),
        (b"\n\xef\xbb\xbfdata: x\n\n", Frame("", b"x")),
        (b"data: x\n\xef\xbb\xbfdata: y\n\n", Frame("", b"x")),
        (b"unknown\n\n", None),
        (b"\n\n", None),
        (b"", None),
    ],
)
def test_fields_are_read_as_the_standard_says(block: bytes, expected: Frame | None) -> None:
    assert parse_frame(block) == expected


def test_blank_lines_between_frames_make_no_frames() -> None:
    data = b"\n\n\r\n\ndata: a\n\n\n\n\n\ndata: b\n\n\n"
    assert decode([data]) == decode(bytewise(data)) == [Frame("", b"a"), Frame("", b"b")]


def test_an_endless_frame_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_FRAME", 100)
    decoder = SseDecoder()
    decoder.feed(b"data: " + b"x" * 94)
    with pytest.raises(GatewayError, match="larger than 100 bytes") as caught:
        decoder.feed(b"x")
    assert caught.value.kind is Kind.UPSTREAM_INVALID


def test_many_frames_may_be_larger_than_the_limit_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sse, "MAX_FRAME", 100)
    assert decode([b"data: abc\n\n" * 50]) == [Frame("", b"abc")] * 50


@given(json_objects(), st.none() | st.sampled_from(["ping", "response.created"]))
def test_a_printed_frame_reads_back(payload: object, event: str | None) -> None:
    printed = frame(payload, event)
    assert printed.endswith(b"\n\n")
    (read,) = decode([printed])
    assert read.event == (event or "")
    assert printed.endswith(b"data: " + read.data + b"\n\n")


# The letters of this alphabet are all that framing looks at.
CONFUSING = st.lists(
    st.sampled_from(
        [b"\n", b"\r", b"\r\n", b"\n\n", b"\r\n\r\n", b"data: ", b"data:", b"event: e", b":", b"x",
         b"\xef\xbb\xbf", b"\xc3", b" "]
    ),
    max_size=40,
).map(b"".join)  # fmt: skip


@given(st.data())
def test_rechunking_never_changes_the_frames(data: st.DataObject) -> None:
    stream = data.draw(CONFUSING)
    assert decode(data.draw(splits(stream))) == decode([stream])


@given(CONFUSING)
def test_single_bytes_give_the_same_frames_as_the_whole(stream: bytes) -> None:
    assert decode(bytewise(stream)) == decode([stream])


@given(st.data())
def test_the_cut_blocks_and_what_is_pending_are_the_stream(data: st.DataObject) -> None:
    stream = data.draw(CONFUSING)
    decoder = SseDecoder()
    blocks = [block for chunk in data.draw(splits(stream)) for block in decoder.cut(chunk)]
    assert b"".join(blocks) + decoder.pending == stream


@given(CONFUSING)
def test_framing_agrees_with_a_plain_reading_line_by_line(stream: bytes) -> None:
    assert [f for f in decode([stream]) if f.data] == read_slowly(stream)


def read_slowly(stream: bytes) -> list[Frame]:
    """The standard's algorithm, without regard to cost, for frames that hold data."""
    lines = stream.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    frames: list[Frame] = []
    block: list[bytes] = []
    for line in [*lines, b""]:
        if line:
            block.append(line)
            continue
        read = parse_frame(b"\n".join(block))
        frames += [read] if read and read.data else []
        block = []
    return frames


@each_recording(stream=True, ok=True)
def test_recorded_streams_are_cut_alike_at_any_split(recording: Recording) -> None:
    data = recording.stream_bytes()[:20_000]
    whole = decode([data])
    assert decode(bytewise(data)) == whole
    assert decode([data[i : i + 7] for i in range(0, len(data), 7)]) == whole


@pytest.mark.parametrize(
    ("data", "blocks"),
    [
        (b"data: 1\r\n\r\n", [b"data: 1\r\n\r\n"]),
        (b"data: 1\n\n", [b"data: 1\n\n"]),
        (b"data: 1\r\n\r\ndata: 2\r\n\r\n", [b"data: 1\r\n\r\n", b"data: 2\r\n\r\n"]),
        (b"data: 1\n\ndata: 2\r\n\r\n", [b"data: 1\n\n", b"data: 2\r\n\r\n"]),
        (b"data: 1\r\rdata: 2\r\n\r\n", [b"data: 1\r\r", b"data: 2\r\n\r\n"]),
        (b"event: e\r\ndata: 1\r\n\r\n", [b"event: e\r\ndata: 1\r\n\r\n"]),
        (b"\r\n\r\n", [b"\r\n\r\n"]),
        (b"\n\n", [b"\n\n"]),
    ],
)
def test_one_whole_frame_is_cut_as_it_is_and_several_apart(
    data: bytes, blocks: list[bytes]
) -> None:
    assert SseDecoder().cut(data) == blocks


@given(st.data())
def test_whole_frames_in_one_piece_are_the_stream_and_end_where_a_frame_does(
    data: st.DataObject,
) -> None:
    stream = data.draw(CONFUSING)
    decoder = SseDecoder()
    wholes = [decoder.whole(chunk) for chunk in data.draw(splits(stream))]
    assert b"".join(wholes) + decoder.pending == stream
    assert all(
        not whole or whole.endswith((b"\n\n", b"\n\r\n", b"\r\r", b"\n\r")) for whole in wholes
    )
    read = [item for whole in wholes for item in decode([whole])]
    assert [item.data for item in read + decoder.close()] == [
        item.data for item in decode([stream])
    ]


def test_frames_come_whole_as_soon_as_they_are_complete() -> None:
    decoder = SseDecoder()
    assert decoder.whole(b"data: a\n\ndata: b\n\n") == b"data: a\n\ndata: b\n\n"
    assert decoder.whole(b"data: c\n\ndata: d") == b"data: c\n\n"
    assert decoder.whole(b"\n\n") == b"data: d\n\n"
    assert decoder.pending == b""


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"], ids=["lf", "crlf", "cr"])
def test_the_frame_around_a_byte_is_the_one_that_was_cut_there(newline: bytes) -> None:
    data = print_frames(STREAM, newline)
    begin = 0
    for block in SseDecoder().cut(data) if newline != b"\r" else data.split(b"\r\r")[:-1]:
        end = begin + len(block) + (2 if newline == b"\r" else 0)
        for at in range(begin, begin + len(block.rstrip())):
            assert frame_around(data, at) == (begin, end)
            assert frame_around(data, at, begin) == (begin, end)
        begin = end


def test_the_frame_around_a_byte_may_be_the_last_and_unfinished() -> None:
    assert frame_around(b"data: a\n\ndata: b", 12) == (9, 16)
