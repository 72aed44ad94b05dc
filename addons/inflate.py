"""Decompress a byte stream piece by piece: the content codings that providers use."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import brotli
import zstandard

type Inflater = Callable[[bytes], bytes]


def inflater(encoding: str) -> Inflater | None:
    """Return a decompressor for a `Content-Encoding`; `None` if it is not known."""
    make = _MAKERS.get(encoding.strip().lower())
    return make() if make is not None else None


def _identity() -> Inflater:
    return lambda data: data


def _gzip() -> Inflater:
    return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress


def _brotli() -> Inflater:
    process: Inflater = brotli.Decompressor().process
    return process


_MAKERS: dict[str, Callable[[], Inflater]] = {
    "": _identity,
    "identity": _identity,
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": lambda: zlib.decompressobj().decompress,
    "br": _brotli,
    "zstd": lambda: zstandard.ZstdDecompressor().decompressobj().decompress,
}
