"""Content codings, undone piece by piece."""

import gzip
import zlib

import brotli
import pytest
import zstandard

from plexus.addons.inflate import inflater

TEXT = b'data: {"usage": {"input_tokens": 12}}\n\n' * 50


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("", TEXT),
        ("identity", TEXT),
        ("gzip", gzip.compress(TEXT, mtime=0)),
        (" GZIP ", gzip.compress(TEXT, mtime=0)),
        ("deflate", zlib.compress(TEXT)),
        ("br", brotli.compress(TEXT)),
        ("zstd", zstandard.ZstdCompressor().compress(TEXT)),
    ],
)
def test_a_stream_is_decompressed_at_any_split(encoding: str, packed: bytes) -> None:
    inflate = inflater(encoding)
    assert inflate is not None
    assert b"".join(inflate(packed[i : i + 7]) for i in range(0, len(packed), 7)) == TEXT


def test_an_unknown_coding_is_said_to_be_unknown() -> None:
    assert inflater("rot13") is None
