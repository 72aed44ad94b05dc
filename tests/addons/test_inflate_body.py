"""Compressed bodies are opened as far as they may be."""

import gzip
import zlib

import brotli
import pytest
import zstandard

from plexus.addons.inflate_body import inflate_body

TEXT = b'{"model": "m"}' * 1000


def raw_deflate(data: bytes) -> bytes:
    coder = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return coder.compress(data) + coder.flush()


CODERS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}
EACH = pytest.mark.parametrize("coding", CODERS)


@EACH
def test_each_coding_is_opened(coding: str) -> None:
    assert inflate_body(CODERS[coding](TEXT), coding.upper(), 1 << 20) == TEXT


@EACH
def test_what_is_cut_or_wrong_is_broken(coding: str) -> None:
    assert inflate_body(CODERS[coding](TEXT)[:-3], coding, 1 << 20) is None
    assert inflate_body(b"no such thing", coding, 1 << 20) is None


@EACH
def test_nothing_unfolds_far_beyond_the_limit(coding: str) -> None:
    bomb = CODERS[coding](bytes(64 << 20))
    found = inflate_body(bomb, coding, 1 << 20)
    assert found is not None and 1 << 20 < len(found) <= 4 << 20


def test_deflate_without_its_header_gzip_in_members_and_zstd_in_frames_are_opened() -> None:
    assert inflate_body(raw_deflate(TEXT), "deflate", 1 << 20) == TEXT
    for coding in ("gzip", "zstd"):
        code = CODERS[coding]
        assert inflate_body(code(TEXT) + code(b"!"), coding, 1 << 20) == TEXT + b"!"
        assert inflate_body(code(TEXT) + code(TEXT)[:-1], coding, 1 << 20) is None


def test_a_coding_that_is_unknown_and_an_empty_body_are_left_alone() -> None:
    assert inflate_body(b"as it is", "compress", 9) == b"as it is"
    assert inflate_body(b"", "gzip", 9) == b""
