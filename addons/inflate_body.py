"""Decompress a whole request body, never to more than a limit: a small one may unfold to no end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from plexus.addons.upstream.decoding import DAMAGED, Decoder, decoder_of

_SLICE: Final = 64 * 2**10  # bytes handed over at a time; what is not taken of them is copied


def inflate_body(data: bytes, coding: str, limit: int) -> bytes | None:
    """Return what `data` unfolds to, cut off somewhere beyond `limit` bytes; `None` if broken.

    A coding that we do not know leaves the data as they are.
    """
    decoder = decoder_of(coding)
    if decoder is None or not data:
        return data
    found: list[bytes] = []
    size = 0
    try:
        for piece in _pieces(decoder, data):
            found.append(piece)
            size += len(piece)
            if size > limit:
                return b"".join(found)
    except DAMAGED:
        return None
    return b"".join(found) if decoder.is_whole else None


def _pieces(decoder: Decoder, data: bytes) -> Iterator[bytes]:
    for at in range(0, len(data), _SLICE):
        yield decoder.decode(data[at : at + _SLICE])
        while decoder.has_more:
            yield decoder.decode(b"")
