"""What a reader gets of a reply, whenever it comes."""

import asyncio
from collections.abc import Coroutine

import pytest

from plexus.addons.upstream.reply import UNREAD, Reply
from plexus.transforms.errors import GatewayError


class Noted:
    """A source that notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def read_on(self) -> None:
        self.told.append("read on")

    def drop(self) -> None:
        self.told.append("drop")


def replying() -> tuple[Reply, Noted]:
    source = Noted()
    return Reply(200, {}, "http://a.test", source), source


def give(reply: Reply, *pieces: bytes) -> bool:
    reply.pieces += pieces
    return reply.arrived(sum(map(len, pieces)))


async def test_what_is_here_is_read_without_a_suspension() -> None:
    reply, _ = replying()
    give(reply, b"one", b"two")
    assert immediately(reply.read_some()) == b"onetwo"
    give(reply, b"three")
    reply.end(None)
    assert immediately(reply.read_all()) == b"three"


async def test_a_reader_waits_for_a_byte_and_is_told_of_the_end() -> None:
    reply, _ = replying()
    reading = asyncio.ensure_future(reply.read_some())
    await asyncio.sleep(0)
    assert not give(reply)  # a chunk's head, say
    assert not reading.done()
    give(reply, b"x")
    assert await reading == b"x"
    reading = asyncio.ensure_future(reply.read_some())
    await asyncio.sleep(0)
    reply.end(None)
    assert await reading == b""


async def test_one_who_wants_all_is_woken_once() -> None:
    reply, source = replying()
    reading = asyncio.ensure_future(reply.read_all())
    await asyncio.sleep(0)
    assert not give(reply, b"x" * (UNREAD + 1))
    await asyncio.sleep(0)
    assert not reading.done()
    reply.end(None)
    assert len(await reading) == UNREAD + 1
    assert source.told == ["read on"]


async def test_too_much_unread_is_said_and_reading_it_reads_on() -> None:
    reply, source = replying()
    assert not give(reply, b"x" * UNREAD)
    assert give(reply, b"x")
    assert len(await reply.read_some()) == UNREAD + 1
    assert source.told == ["read on"]
    assert not give(reply, b"x")


async def test_what_came_before_a_break_is_read_before_the_break_is_told() -> None:
    reply, _ = replying()
    give(reply, b"one")
    reply.end(ConnectionResetError(104, "Connection reset by peer"))
    assert await reply.read_some() == b"one"
    for _ in range(2):
        with pytest.raises(GatewayError, match="broke: Connection reset by peer") as caught:
            await reply.read_some()
        assert caught.value.__cause__ is not None
        assert caught.value.__cause__.__traceback__ is None


async def test_a_whole_body_that_breaks_off_is_none() -> None:
    reply, _ = replying()
    give(reply, b"one")
    reply.end(ConnectionResetError("the server hung up"))
    with pytest.raises(GatewayError, match="the connection broke: the server hung up"):
        await reply.read_all()


async def test_a_closed_reply_drops_its_source_once_and_says_no_more() -> None:
    reply, source = replying()
    give(reply, b"one")
    reply.close()
    reply.close()
    assert source.told == ["drop"]
    with pytest.raises(GatewayError, match="the reply was closed"):
        await reply.read_some()


async def test_a_reply_that_has_ended_has_no_source_to_drop() -> None:
    reply, source = replying()
    reply.end(None)
    reply.close()
    assert source.told == []
    assert await reply.read_some() == b""


@pytest.mark.parametrize("method", ["read_all", "read_some"])
async def test_a_reader_that_is_cancelled_drops_the_source(method: str) -> None:
    reply, source = replying()
    reading = asyncio.ensure_future(getattr(reply, method)())
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert source.told[-1] == "drop"


def immediately[T](awaited: Coroutine[None, None, T]) -> T:
    """Run a coroutine that must not wait."""
    with pytest.raises(StopIteration) as stopped:
        awaited.send(None)
    result: T = stopped.value.value
    return result
