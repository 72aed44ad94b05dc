"""Decompress a whole request body, never to more than a limit: a small one may unfold to no end."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Final

import brotli
import zstandard

type _Inflate = Callable[[bytes, int], bytes | None]

_PIECE: Final = 1 << 20  # bytes that brotli hands out at a time, about
_MORSEL: Final = 64  # bytes that zstd takes in at a time; they make 2 MiB at most (RFC 8878 §3.1.1)


def inflate_body(data: bytes, coding: str, limit: int) -> bytes | None:
    """Return what `data` unfolds to, cut off somewhere beyond `limit` bytes; `None` if broken.

    A coding that we do not know leaves the data as they are.
    """
    inflate = _CODINGS.get(coding.strip().lower())
    if inflate is None or not data:
        return data
    try:
        return inflate(data, limit + 1)
    except (zlib.error, brotli.error, zstandard.ZstdError):
        return None


def _gzip(data: bytes, most: int) -> bytes | None:
    found = b""
    while data and len(found) < most:  # RFC 1952 §2.2: members may follow one another
        member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        found += member.decompress(data, most - len(found))
        if not member.eof:
            return found if len(found) >= most else None
        data = member.unused_data
    return found


def _deflate(data: bytes, most: int) -> bytes | None:
    # RFC 9110 §8.4.1.2 wants a zlib header, whose low bits are 8; some leave it out.
    has_header = data[0] & 0x0F == 8
    decoder = zlib.decompressobj(wbits=zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS)
    found = decoder.decompress(data, most)
    return found if decoder.eof or len(found) >= most else None


def _brotli(data: bytes, most: int) -> bytes | None:
    decoder = brotli.Decompressor()
    parts = [decoder.process(data, output_buffer_limit=_PIECE)]
    size = len(parts[0])
    while size < most and not decoder.can_accept_more_data() and not decoder.is_finished():
        parts.append(decoder.process(b"", output_buffer_limit=_PIECE))
        size += len(parts[-1])
    return b"".join(parts) if decoder.is_finished() or size >= most else None


def _zstd(data: bytes, most: int) -> bytes | None:
    parts: list[bytes] = []
    size = 0
    while data and size < most:  # RFC 8878 §3: frames may follow one another
        decoder = zstandard.ZstdDecompressor().decompressobj()
        at = 0
        while at < len(data) and size < most and not decoder.eof:
            parts.append(decoder.decompress(data[at : at + _MORSEL]))
            size += len(parts[-1])
            at += _MORSEL
        if not decoder.eof and size < most:
            return None
        data = decoder.unused_data + data[at:]
    return b"".join(parts)


_CODINGS: Final[dict[str, _Inflate]] = {
    "gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
