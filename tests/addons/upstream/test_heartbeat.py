"""Idle streams are kept alive."""

import asyncio

import pytest

from plexus.addons.upstream.heartbeat import Heartbeat


class Client:
    """Takes what is written, and tells when something came."""

    def __init__(self, error: Exception | None = None) -> None:
        self.got: list[bytes] = []
        self.came = asyncio.Event()
        self.error = error

    async def write(self, data: bytes) -> None:
        self.came.set()
        if self.error is not None:
            raise self.error
        self.got.append(data)


async def test_an_idle_stream_gets_a_frame_again_and_again() -> None:
    client = Client()
    beating = Heartbeat(b": alive\n\n", client.write, every_s=0.001)
    beating.start()
    for _ in range(3):
        client.came.clear()
        await asyncio.wait_for(client.came.wait(), 5)
    beating.stop()
    assert set(client.got) == {b": alive\n\n"}


async def test_a_busy_stream_gets_none() -> None:
    client = Client()
    beating = Heartbeat(b": alive\n\n", client.write, every_s=3600)
    beating.start()
    beating.wrote()
    beating.stop()
    assert client.got == []


async def test_a_format_without_keep_alive_is_never_written_to() -> None:
    client = Client()
    beating = Heartbeat(b"", client.write, every_s=0.0)
    beating.start()
    await asyncio.sleep(0)
    beating.stop()
    assert client.got == []


@pytest.mark.parametrize("error", [ConnectionResetError("gone"), BrokenPipeError()])
async def test_a_client_that_is_gone_ends_it_quietly(error: Exception) -> None:
    client = Client(error)
    beating = Heartbeat(b": alive\n\n", client.write, every_s=0.001)
    beating.start()
    await asyncio.wait_for(client.came.wait(), 5)
    await asyncio.sleep(0)
    beating.stop()
    assert client.got == []
