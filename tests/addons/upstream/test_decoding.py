"""Compressed replies, whole and in pieces, and those that are traps."""

import gzip
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard

from plexus.addons.upstream.decoding import MOST, STEP, Opened, opened
from plexus.addons.upstream.reply import Reply
from plexus.transforms.errors import GatewayError, Kind

HERE = "http://a.test"
TEXT = b"".join(b'data: {"n":%d}\n\n' % n for n in range(20_000))
ONE_STEP = 10 * STEP  # a zstd slice may hold 8 MiB more than a step


def bare_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


PACKED: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("X-GZip ", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "bare deflate": ("deflate", bare_deflate),
    "br": ("br", brotli.compress),
    "zstd": ("zstd", zstandard.compress),
}
each_coding = pytest.mark.parametrize(("coding", "pack"), PACKED.values(), ids=PACKED.keys())


class Nowhere:
    """A source that notes that it was dropped."""

    def __init__(self) -> None:
        self.dropped = False

    def read_on(self) -> None:
        pass

    def drop(self) -> None:
        self.dropped = True


def reply(coding: str, *pieces: bytes, source: Nowhere | None = None) -> Reply:
    """Return a reply; without a source its body has ended."""
    made = Reply(200, {"content-encoding": coding}, HERE, source or Nowhere())
    made.pieces += pieces
    if source is None:
        made.end(None)
    return made


async def read_pieces(response: Reply | Opened) -> list[bytes]:
    pieces = []
    while data := await response.read_some():
        pieces.append(data)
    return pieces


@each_coding
async def test_a_reply_is_opened_whole(coding: str, pack: Callable[[bytes], bytes]) -> None:
    response = opened(reply(coding, pack(TEXT)), HERE)
    assert (response.status, response.headers) == (200, {"content-encoding": coding})
    assert await response.read_all() == TEXT


@each_coding
async def test_a_reply_is_opened_as_it_comes(coding: str, pack: Callable[[bytes], bytes]) -> None:
    source = Nowhere()
    inner = reply(coding, source=source)
    response = opened(inner, HERE)
    packed = pack(TEXT)
    found = b""
    for at in range(0, len(packed), 1000):
        inner.pieces.append(packed[at : at + 1000])
        if at + 1000 >= len(packed):
            inner.end(None)
            found += await response.read_all()
        elif isinstance(response, Opened):
            found += response._decode(inner.pieces.pop())
    assert found == TEXT


@each_coding
async def test_bytes_may_come_one_by_one(coding: str, pack: Callable[[bytes], bytes]) -> None:
    inner = reply(coding)
    response = opened(inner, HERE)
    assert isinstance(response, Opened)
    packed = pack(b"short")
    found = b"".join(response._decode(packed[at : at + 1]) for at in range(len(packed)))
    assert found + await response.read_all() == b"short"


@each_coding
async def test_an_empty_body_is_empty(coding: str, pack: Callable[[bytes], bytes]) -> None:
    assert await opened(reply(coding), HERE).read_all() == b""
    assert await opened(reply(coding, pack(b"")), HERE).read_all() == b""


@each_coding
async def test_a_bomb_goes_off_in_small_steps(coding: str, pack: Callable[[bytes], bytes]) -> None:
    packed = pack(bytes(64 * STEP))
    pieces = await read_pieces(opened(reply(coding, packed), HERE))
    assert sum(map(len, pieces)) == 64 * STEP
    assert max(map(len, pieces)) <= ONE_STEP


async def test_a_bomb_is_not_read_whole() -> None:
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    block = bytes(16 * STEP)
    packed = b"".join(packer.compress(block) for _ in range(MOST // len(block) + 1))
    source = Nowhere()
    inner = reply("gzip", packed + packer.flush(), source=source)
    with pytest.raises(GatewayError, match=r"gzip. holds more than 256 MiB"):
        await opened(inner, HERE).read_all()
    assert source.dropped


@each_coding
async def test_a_body_that_is_cut_off_is_broken(
    coding: str, pack: Callable[[bytes], bytes]
) -> None:
    with pytest.raises(GatewayError, match=r"the connection broke: its body .* is cut off"):
        await opened(reply(coding, pack(TEXT)[:-5]), HERE).read_all()


@each_coding
async def test_garbage_is_broken_and_drops_the_connection(
    coding: str, pack: Callable[[bytes], bytes]
) -> None:
    source = Nowhere()
    response = opened(reply(coding, pack(TEXT)[:10] + b"\xff" * 2000, source=source), HERE)
    with pytest.raises(
        GatewayError, match=r"the connection broke: its body .* is damaged"
    ) as caught:
        await read_pieces(response)
    assert (caught.value.kind, caught.value.where) == (Kind.UPSTREAM_DOWN, HERE)
    assert source.dropped


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
async def test_files_that_are_strung_together_are_one_body(coding: str) -> None:
    pack = PACKED[coding][1]
    assert await opened(reply(coding, pack(b"one") + pack(b"two")), HERE).read_all() == b"onetwo"


async def test_endlessly_many_files_are_refused() -> None:
    with pytest.raises(GatewayError, match="is damaged"):
        await opened(reply("gzip", gzip.compress(b"x") * 100), HERE).read_all()


@pytest.mark.parametrize("coding", ["identity", "", "compress", "gzip, br"])
async def test_what_we_cannot_open_is_left_as_it_is(coding: str) -> None:
    inner = reply(coding, b"as it is")
    assert opened(inner, HERE) is inner


async def test_closing_closes_the_reply() -> None:
    source = Nowhere()
    opened(reply("gzip", source=source), HERE).close()
    assert source.dropped
