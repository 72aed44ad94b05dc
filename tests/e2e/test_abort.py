"""Clients that leave at any point: nothing of their calls is left, and their provider is let go."""

import asyncio
import gc
import socket
import ssl
import struct
from pathlib import Path

import httpx
import pytest

from plexus.addons.exchange import Exchange
from plexus.transforms.wire import dump
from tests.e2e.processes import chat, chat_body
from tests.e2e.running import Running, one_provider, running
from tests.fakes import script
from tests.fakes.native import chat as native
from tests.fakes.native.shapes import Tokens
from tests.fakes.provider import Provider
from tests.fakes.tls import Authority

BODY = dump(chat_body(stream=True))
HEAD = (
    b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-plexus-app\r\n"
    b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BODY)
)
FRAMES = native.stream(["first ", "second"], tokens=Tokens(prompt=10, output=5))
OPENAI = "https://api.openai.com/v1/chat/completions"


def assert_nothing_left(gateway: Running) -> None:
    """No call, no parked reply, no tap, no search for a target."""
    verbs = {getattr(addon, "name", ""): addon for addon in gateway.gateway.addons}
    intercept, dispatch = verbs["plexus_intercept"], verbs["plexus_dispatch"]
    assert len(gateway.gateway.services.exchanges) == 0
    assert not gateway.gateway.bridge._parked
    assert not intercept._taps and not intercept._parked  # type: ignore[attr-defined]  # an Intercept
    assert not dispatch._asking  # type: ignore[attr-defined]  # a Dispatch


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (b"", b""),
        (b"P", b""),
        (HEAD[:30], b""),
        (HEAD, b""),
        (HEAD + BODY[:5], b""),
        (HEAD + BODY, b""),
        (HEAD + BODY, b"HTTP/1.1 200"),
        (HEAD + BODY, b"first"),
    ],
)
async def test_a_client_of_the_gateway_may_leave_at_any_point(
    tmp_path: Path, provider: Provider, sent: bytes, read: bytes, reset: bool
) -> None:
    provider.always(script.gated(FRAMES, asyncio.Event(), after=2))
    async with running(tmp_path, one_provider(provider)) as gateway:
        for _ in range(3):
            await come_and_go(gateway.port, sent, read, reset=reset)
        if read:
            for number in range(3):
                assert await (await provider.received(number + 1)).ended() == "closed"
        provider.always(None)
        assert (await chat(gateway.url)).status_code == 200  # behind all that went before
        await gateway.gateway.services.exchanges.wait_empty()
        assert_nothing_left(gateway)
        rows = await gateway.gateway.services.store.usage.recent()
        statuses = {row.response_status for row in rows}
    assert statuses <= {"cancelled", "success"}
    for request in provider.requests:
        assert await request.ended() in ("closed", "completed")


async def come_and_go(port: int, sent: bytes, read: bytes, *, reset: bool) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    await writer.drain()
    if read:
        await reader.readuntil(read)
    if reset:
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()
    else:
        writer.close()


ROUTING = """\
intercept:
  mode: {mode}
  default_key: app
  upstream_ca: roots.pem
  hosts: {{api.openai.com: {{connect_to: '127.0.0.1:{port}'}}}}
"""


@pytest.mark.parametrize("mode", ["observe", "route"])
@pytest.mark.parametrize("http2", [False, True])
@pytest.mark.parametrize("reads", [False, True])
async def test_a_client_behind_the_proxy_may_leave_at_any_point(
    tmp_path: Path, provider: Provider, mode: str, http2: bool, reads: bool
) -> None:
    authority = Authority()
    authority.write_root(tmp_path / "roots.pem")
    async with Provider(tls=authority.server_context("api.openai.com")) as real:
        config = one_provider(provider) + ROUTING.format(mode=mode, port=real.port)
        asked = real if mode == "observe" else provider
        stalling = script.stalled(asyncio.Event())
        asked.script(script.gated(FRAMES, asyncio.Event(), after=2) if reads else stalling)
        async with running(tmp_path, config) as gateway:
            trust = ssl.create_default_context(cafile=str(gateway.data / "ca" / "ca.pem"))
            async with httpx.AsyncClient(proxy=gateway.url, verify=trust, http2=http2) as client:
                calling = asyncio.ensure_future(first_bytes(client))
                request = await asked.received()
                if reads:
                    assert b"first" in await calling
                else:
                    calling.cancel()
                    await asyncio.wait([calling])
            assert await request.ended() == "closed"
            (row,) = await gateway.rows()
            assert_nothing_left(gateway)
    assert row.response_status == "cancelled"
    assert (row.tokens_output is not None) is reads


async def first_bytes(client: httpx.AsyncClient) -> bytes:
    async with client.stream("POST", OPENAI, json=chat_body(stream=True)) as reply:
        seen = b""
        async for data in reply.aiter_bytes():
            seen += data
            if b"first" in seen:
                break
        return seen


async def test_one_stream_of_a_connection_may_be_reset_alone(
    tmp_path: Path, provider: Provider
) -> None:
    authority = Authority()
    authority.write_root(tmp_path / "roots.pem")
    async with Provider(tls=authority.server_context("api.openai.com")) as real:
        config = one_provider(provider) + ROUTING.format(mode="route", port=real.port)
        provider.script(script.gated(FRAMES, asyncio.Event(), after=2))
        async with running(tmp_path, config) as gateway:
            trust = ssl.create_default_context(cafile=str(gateway.data / "ca" / "ca.pem"))
            async with httpx.AsyncClient(proxy=gateway.url, verify=trust, http2=True) as client:
                # It leaves its stream, not its connection.
                assert b"first" in await first_bytes(client)
                assert await (await provider.received()).ended() == "closed"
                whole = await client.post(OPENAI, json=chat_body())
                assert whole.status_code == 200
            cancelled, success = await gateway.rows(2)
            assert_nothing_left(gateway)
    assert (cancelled.response_status, success.response_status) == ("cancelled", "success")


async def test_calls_leave_no_task_behind(tmp_path: Path, provider: Provider) -> None:
    async with running(tmp_path, one_provider(provider)) as gateway:
        await chat(gateway.url)
        before = {task.get_name() for task in asyncio.all_tasks()}
        for stream in (False, True) * 5:
            assert (await chat(gateway.url, stream=stream)).status_code == 200
        await gateway.rows(11)
        gc.collect()
        after = [task for task in asyncio.all_tasks() if task.get_name() not in before]
        assert len(after) <= 1, after  # a connection that is about to close


async def test_calls_are_forgotten_whole(tmp_path: Path, provider: Provider) -> None:
    async with running(tmp_path, one_provider(provider)) as gateway:
        for _ in range(20):
            await chat(gateway.url)
            await chat(gateway.url, stream=True)
            await chat(gateway.url, key="sk-wrong")
            await chat(gateway.url, model="fake-reset")
            await come_and_go(gateway.port, HEAD + BODY, b"Hi", reset=False)
        await gateway.rows(80)
        gc.collect()
        ours = gateway.gateway.services.config.current
        found = (one for one in gc.get_objects() if isinstance(one, Exchange))
        alive = [one for one in found if one.snapshot is ours]
    assert len(alive) <= 2, "those of connections that are about to close"
