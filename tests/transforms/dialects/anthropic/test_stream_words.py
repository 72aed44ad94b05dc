"""The words of a delta's frame are found, and its padding is not."""

from __future__ import annotations

import pytest

from plexus.transforms.dialects.anthropic.stream_words import unpadded, words_of

DELTA = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":'


@pytest.mark.parametrize(
    ("end", "without"),
    [
        (b'"a"}}\n\n', b'"a"}}\n\n'),
        (b'"a"}     }\n\n', b'"a"}}\n\n'),
        (b'"a  "}  }\n\n', b'"a  "}}\n\n'),
        (b'"a"}  }\r\n\r\n', b'"a"}  }\r\n\r\n'),
        (b" }\n\n", b"}\n\n"),
    ],
)
def test_blanks_before_the_last_brace_go(end: bytes, without: bytes) -> None:
    assert unpadded(DELTA + end) == DELTA + without


@pytest.mark.parametrize(
    ("delta", "words"),
    [
        (b'{"type":"text_delta","text":"a"}', "a"),
        (b'{"type":"thinking_delta","thinking":""}', ""),
        (b'{"type":"input_json_delta","partial_json":"{"}', "{"),
        (b'{"type":"signature_delta","signature":"a"}', None),
        (b'{"type":"text_delta","text":"a","thinking":"b"}', None),
        (b"7", None),
        (b"{", None),
    ],
)
def test_a_delta_has_words_if_it_has_one_string_of_them(delta: bytes, words: str | None) -> None:
    assert words_of(DELTA + delta + b"}\n\n") == words


def test_what_is_no_frame_has_no_words() -> None:
    assert words_of(b"\n\n") is None
