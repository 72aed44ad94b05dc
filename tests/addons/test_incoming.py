"""A request's body is there when somebody reads it, whole and opened."""

import asyncio
import gzip

import pytest

from plexus.addons.incoming import Field, Incoming, Peer
from plexus.transforms.errors import GatewayError, Kind


def incoming(*headers: Field, target: bytes = b"/", invited: list[str] | None = None) -> Incoming:
    def invite() -> None:
        assert invited is not None
        invited.append("100")

    peer = Peer(peername=("", 0), sockname=("", 0), since=0.0, invite=invite)
    return Incoming(peer, "POST", target, list(headers), is_http_1_0=False, keeps_alive=True)


def complete(request: Incoming, *parts: bytes) -> Incoming:
    for part in parts:
        request.add(part)
    request.complete()
    return request


async def test_a_body_is_joined_and_waited_for() -> None:
    request = incoming()
    reading = asyncio.ensure_future(request.read())
    await asyncio.sleep(0)
    assert not reading.done()
    complete(request, b"a", b"b")
    assert await reading == b"ab"
    assert await complete(incoming()).read() == b""


async def test_a_compressed_body_is_opened_up_to_the_limit() -> None:
    coding = (b"Content-Encoding", b"gzip")
    assert await complete(incoming(coding), gzip.compress(b"text")).read() == b"text"
    for body, kind in ((b"none", Kind.BAD_REQUEST), (bytes(31 << 20), Kind.TOO_LARGE)):
        packed = body if body == b"none" else gzip.compress(body)
        with pytest.raises(GatewayError) as caught:
            await complete(incoming(coding), packed).read()
        assert caught.value.kind is kind


async def test_a_body_that_breaks_wakes_who_waits_for_it() -> None:
    request = incoming()
    reading = asyncio.ensure_future(request.read())
    await asyncio.sleep(0)
    request.discard()
    with pytest.raises(GatewayError, match="cannot be read"):
        await reading


async def test_a_body_is_invited_once_unless_it_is_too_large() -> None:
    invited: list[str] = []
    expects = (b"Expect", b"100-continue")
    assert await complete(incoming(expects, invited=invited), b"x").read() == b"x"
    with pytest.raises(GatewayError, match="99,999,999 bytes"):
        await incoming(expects, (b"content-length", b"99999999"), invited=invited).read()
    assert invited == ["100"]


def test_a_path_is_decoded_and_has_no_query() -> None:
    assert incoming(target=b"/%76%30/a?b=/c").path == "/v0/a"
