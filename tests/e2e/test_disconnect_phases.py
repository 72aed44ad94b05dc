"""A client that hangs up while targets are sought or talk: everything of its call ends at once."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import httpx
import pytest

from plexus.store.records import UsageRecord
from tests.e2e.two_targets import Two, two
from tests.fakes import script
from tests.fakes.native import chat
from tests.fakes.provider import Provider
from tests.fakes.script import Received, Reply

FRAMES = chat.stream(["first ", "second"])
BODY = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
ROUTE = "intercept: {mode: route, default_key: app}\n"
DOORS = pytest.mark.parametrize("door", ["base_url", "proxy", "proxy-h2"])


@asynccontextmanager
async def client_of(stage: Two, door: str) -> AsyncIterator[Callable[[bool], Awaitable[bytes]]]:
    """A client whose calls return once they have read a word; its end is the end of them."""
    data = stage.gateway.data
    trust = ssl.create_default_context(cafile=str(data / "ca" / "ca.pem"))
    proxy = None if door == "base_url" else stage.gateway.url
    host = stage.gateway.url if proxy is None else "https://api.openai.com"
    key = {"authorization": "Bearer sk-plexus-app"}
    http2 = door == "proxy-h2"
    async with httpx.AsyncClient(proxy=proxy, verify=trust, http2=http2, timeout=30) as http:

        async def call(stream: bool) -> bytes:
            body = {**BODY, "stream": stream}
            path = f"{host}/v1/chat/completions"
            async with http.stream("POST", path, headers=key, json=body) as reply:
                seen = b""
                async for data in reply.aiter_bytes():
                    seen += data
                    if b"first" in seen:
                        break
                return seen

        yield call


async def leave_once(stage: Two, door: str, stream: bool, when: Awaitable[Received]) -> Received:
    """Call, wait for the moment, hang up; return the request that was under way then."""
    async with client_of(stage, door) as call:
        calling = asyncio.ensure_future(call(stream))
        request = await when
        calling.cancel()
        await asyncio.wait([calling])
    assert await request.ended() == "closed"
    return request


async def assert_over(stage: Two, *histories: list[tuple[str, str, int | None]]) -> UsageRecord:
    """Nothing is left of the call: no slot, no rest, one row that says cancelled."""
    row = await stage.row()
    assert row.response_status == "cancelled"
    assert stage.slots() == 0
    assert len(stage.gateway.gateway.services.exchanges) == 0
    if histories:
        assert await stage.history() in histories
    return row


@DOORS
@pytest.mark.parametrize("stream", [False, True])
async def test_while_the_head_of_a_reply_is_waited_for(
    tmp_path: Path, door: str, stream: bool
) -> None:
    async with two(tmp_path, more=ROUTE) as stage:
        stage.first.always(script.stalled(asyncio.Event()))
        await leave_once(stage, door, stream, stage.first.received())
        await assert_over(stage)
        assert stage.resting() == [] and not stage.second.requests


@DOORS
async def test_while_a_whole_body_is_read(tmp_path: Path, door: str) -> None:
    async with two(tmp_path, more=ROUTE) as stage:
        body, sent = b'{"choices": [', asyncio.Event()
        stage.first.always(halting(body, sent, headers=script.JSON))
        await leave_once(stage, door, False, after(sent, stage.first))
        await assert_over(stage)
        assert stage.resting() == [] and not stage.second.requests


@DOORS
async def test_while_the_first_event_is_waited_for(tmp_path: Path, door: str) -> None:
    async with two(tmp_path, more=ROUTE) as stage:
        sent = asyncio.Event()
        stage.first.always(halting(b": wait\n\n" + FRAMES[0][:20], sent, headers=script.SSE))
        await leave_once(stage, door, True, after(sent, stage.first))
        await assert_over(stage)
        assert stage.resting() == [] and not stage.second.requests


@DOORS
async def test_while_the_stream_is_under_way(tmp_path: Path, door: str) -> None:
    async with two(tmp_path, more=ROUTE) as stage:
        stage.first.always(script.gated(FRAMES, asyncio.Event(), after=2))
        async with client_of(stage, door) as call:
            assert b"first" in await call(True)
        assert await (await stage.first.received()).ended() == "closed"
        row = await assert_over(stage, [])
        assert row.tokens_output is not None and row.tokens_output > 0
        assert stage.resting() == []


@DOORS
@pytest.mark.parametrize("stream", [False, True])
async def test_when_one_target_has_failed_and_the_next_is_asked(
    tmp_path: Path, door: str, stream: bool
) -> None:
    async with two(tmp_path, more=ROUTE) as stage:
        stage.first.always(script.json_reply(chat.error(500, "no"), status=500))
        stage.second.always(script.stalled(asyncio.Event()))
        await leave_once(stage, door, stream, stage.second.received())
        row = await assert_over(stage)
        assert (row.attempt_count, row.provider) == (2, "second")
        assert stage.resting() == ["first"]


@DOORS
async def test_while_another_target_is_asked_to_go_on(tmp_path: Path, door: str) -> None:
    async with two(tmp_path, more=ROUTE, alias="continue_stream: true") as stage:
        stage.first.always(script.stream(FRAMES[:2], ending="cut"))
        stage.second.always(script.stalled(asyncio.Event()))
        async with client_of(stage, door) as call:
            assert b"first" in await call(True)
            request = await stage.second.received()
        assert await request.ended() == "closed"
        row = await assert_over(stage)
        assert (row.attempt_count, row.provider) == (2, "second")
        assert stage.resting() == ["first"]


def halting(begun: bytes, sent: asyncio.Event, *, headers: dict[str, str]) -> Reply:
    """A reply that says something, tells that it has, and then nothing more."""

    class Telling(asyncio.Event):
        async def wait(self) -> Literal[True]:
            sent.set()
            return await super().wait()

    return Reply(headers=headers, steps=[begun, Telling()], streamed=True)


async def after(moment: asyncio.Event, provider: Provider) -> Received:
    await moment.wait()
    return await provider.received()
