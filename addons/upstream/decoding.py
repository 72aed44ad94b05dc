"""Open compressed replies, and requests, in steps that cannot inflate to any size.

Of providers we ask for `identity`; some compress all the same.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Mapping
from typing import Final, Protocol

import brotli
import zstandard

from plexus.addons.upstream.failures import down
from plexus.addons.upstream.reply import Reply
from plexus.transforms.errors import GatewayError

STEP: Final = 2**20  # bytes that come out at a time, about
MOST: Final = 256 * 2**20  # bytes of a whole body
_MOST_MEMBERS: Final = 16  # RFC 1952 §2.2 lets files be strung together; each end costs a copy
# A zstd block takes 4 bytes at least and holds 128 KiB at most (RFC 8878 §3.1.1.2): 2 MiB a slice.
_ZSTD_SLICE: Final = 64  # bytes
_ZSTD_WINDOW: Final = 8 * 2**20  # bytes, RFC 9659 §3
DAMAGED: Final = (zlib.error, brotli.error, zstandard.ZstdError, ValueError)


class Decoder(Protocol):
    """Takes compressed bytes, gives about a `STEP` of what is in them."""

    @property
    def has_more(self) -> bool:
        """Whether `decode(b"")` may give more."""
        ...

    @property
    def is_whole(self) -> bool:
        """Whether the data may end here."""
        ...

    def decode(self, data: bytes) -> bytes:
        """Return what comes next. Raise one of `DAMAGED`."""
        ...


def opened(reply: Reply, where: str) -> Reply | Opened:
    """Return the reply with its content coding undone; `where` is the provider's origin.

    A coding that we do not know is left for the client.
    """
    coding = reply.headers.get("content-encoding", "")
    decoder = decoder_of(coding)
    return reply if decoder is None else Opened(reply, decoder, coding.strip().lower(), where)


def decoder_of(coding: str) -> Decoder | None:
    """Return a decoder for a `Content-Encoding`; `None` if it is not known."""
    make = _DECODERS.get(coding.strip().lower())
    return None if make is None else make()


class Opened:
    """A compressed reply that reads as if it was none."""

    def __init__(self, reply: Reply, decoder: Decoder, coding: str, where: str) -> None:
        self.status: int = reply.status
        self.headers: Mapping[str, str] = reply.headers
        self._reply = reply
        self._decoder = decoder
        self._coding = coding
        self._where = where
        self._has_begun = False

    async def read_all(self) -> bytes:
        """Return the whole body. Raise `GatewayError` if it breaks off or is too large."""
        pieces: list[bytes] = []
        size = 0
        while data := await self.read_some():
            pieces.append(data)
            size += len(data)
            if size > MOST:
                raise self._broken(f"holds more than {MOST // 2**20} MiB")
            await asyncio.sleep(0)  # a step takes milliseconds: the other calls come first
        return b"".join(pieces)

    async def read_some(self) -> bytes:
        """Return what has arrived, waiting for at least one byte; empty at the end."""
        while True:
            arrived = b"" if self._decoder.has_more else await self._reply.read_some()
            if not arrived and not self._decoder.has_more:
                break
            self._has_begun = True
            if data := self._decode(arrived):
                return data
        if self._has_begun and not self._decoder.is_whole:
            raise self._broken("is cut off")
        return b""

    def close(self) -> None:
        """Drop the connection, or give it back if the body was read to its end."""
        self._reply.close()

    def _decode(self, data: bytes) -> bytes:
        try:
            return self._decoder.decode(data)
        except DAMAGED as error:
            raise self._broken("is damaged") from error

    def _broken(self, what: str) -> GatewayError:
        self._reply.close()
        return down(self._where, f"the connection broke: its body ({self._coding}) {what}")


class _Zlib:
    def __init__(self, wbits: int) -> None:
        self.has_more = False
        self.is_whole = False
        self._wbits = wbits
        self._inner = zlib.decompressobj(wbits)
        self._rest = b""
        self._members = 1

    def decode(self, data: bytes) -> bytes:
        data = self._rest + data
        if self._inner.eof:
            self._next_member()
        found = self._inner.decompress(data, STEP)
        self._rest = self._inner.unused_data if self._inner.eof else self._inner.unconsumed_tail
        self.is_whole = self._inner.eof and not self._rest
        self.has_more = not self.is_whole and (bool(self._rest) or len(found) >= STEP)
        return found

    def _next_member(self) -> None:
        self._members += 1
        if self._members > _MOST_MEMBERS:
            raise ValueError("too many members")
        self._inner = zlib.decompressobj(self._wbits)


class _Deflate:
    """RFC 9110 §8.4.1.2 means zlib's format; some servers send the bare stream in it."""

    def __init__(self) -> None:
        self._inner: _Zlib | None = None

    @property
    def has_more(self) -> bool:
        return self._inner is not None and self._inner.has_more

    @property
    def is_whole(self) -> bool:
        return self._inner is not None and self._inner.is_whole

    def decode(self, data: bytes) -> bytes:
        if self._inner is None:
            is_zlib = data[0] & 0x0F == zlib.DEFLATED
            self._inner = _Zlib(zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)
        return self._inner.decode(data)


class _Brotli:
    def __init__(self) -> None:
        self.has_more = False
        self.is_whole = False
        self._inner = brotli.Decompressor()
        self._rest = b""

    def decode(self, data: bytes) -> bytes:
        self._rest += data
        taken = b""
        if self._inner.can_accept_more_data():
            taken, self._rest = self._rest, b""
        found: bytes = self._inner.process(taken, output_buffer_limit=STEP)
        self.is_whole = self._inner.is_finished() and not self._rest
        # It may accept more and still hold some back, if the step was full.
        waiting = not self._inner.can_accept_more_data() or len(found) >= STEP
        self.has_more = not self.is_whole and (waiting or bool(self._rest))
        return found


class _Zstd:
    def __init__(self) -> None:
        self.has_more = False
        self.is_whole = False
        self._frames = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        self._inner = self._frames.decompressobj()
        self._rest = b""

    def decode(self, data: bytes) -> bytes:
        data = self._rest + data
        found = bytearray()
        at = 0
        while at < len(data) and len(found) < STEP:
            if self._inner.eof:
                self._inner = self._frames.decompressobj()
            piece = data[at : at + _ZSTD_SLICE]
            found += self._inner.decompress(piece)
            at += len(piece) - len(self._inner.unused_data)
        self._rest = data[at:]
        self.has_more = bool(self._rest)
        self.is_whole = self._inner.eof and not self._rest
        return bytes(found)


_DECODERS: Final[Mapping[str, Callable[[], Decoder]]] = {
    "gzip": lambda: _Zlib(zlib.MAX_WBITS | 16),
    "x-gzip": lambda: _Zlib(zlib.MAX_WBITS | 16),
    "deflate": _Deflate,
    "br": _Brotli,
    "zstd": _Zstd,
}
