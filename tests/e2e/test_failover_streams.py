"""What becomes of a stream that fails, at its beginning or later (dataplane.md §3.3, §3.4)."""

import asyncio
import re
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from plexus.config.resilience import Stall
from tests.e2e.two_targets import SECOND, Two, events_of, two, words_of
from tests.fakes import script
from tests.fakes.native import chat, messages
from tests.fakes.replies import NATIVE
from tests.fakes.script import Reply

FRAMES = chat.stream(["Hel", "lo"])
IN_BAND = b'data: {"error":'
CLIENTS = {
    "chat": ("/v1/chat/completions", b'"finish_reason":"stop"', b'"error":'),
    "messages": ("/v1/messages", b"message_stop", b"event: error\n"),
    "responses": ("/v1/responses", b"response.completed", rb"event: (response\.failed|error)\n"),
    "gemini": ("/v1beta/models/m:streamGenerateContent?alt=sse", b"finishReason", b'"error":'),
}


async def ask_as(stage: Two, client: str) -> httpx.Response:
    """Make a streamed call in a client's own format."""
    path = CLIENTS[client][0]
    said = {"role": "user", "content": SECOND}
    body: dict[str, object] = {"model": "m", "stream": True, "messages": [said], "max_tokens": 50}
    if client == "responses":
        body = {"model": "m", "stream": True, "input": SECOND}
    elif client == "gemini":
        body = {"contents": [{"role": "user", "parts": [{"text": SECOND}]}]}
    async with httpx.AsyncClient(timeout=30) as http:
        headers = {"authorization": "Bearer sk-plexus-app"}
        return await http.post(stage.gateway.url + path, headers=headers, json=body)


@pytest.mark.parametrize("slow", [False, True])
@pytest.mark.parametrize("dialect", NATIVE)
async def test_an_error_in_place_of_the_first_event_moves_on_however_late_it_comes(
    tmp_path: Path, dialect: str, slow: bool
) -> None:
    async with two(tmp_path, dialects=(dialect, "chat")) as stage:
        frame = NATIVE[dialect].stream_error("broken inside")
        stage.first.always(lambda _: in_pieces(frame, slow=slow))
        reply = await stage.ask(stream=True)
        assert (reply.status_code, words_of(reply)) == (200, SECOND)
        assert await stage.history() == [("first", "failed", 200), ("second", "success", 200)]
        assert stage.resting() == ["first"]


def in_pieces(frame: bytes, *, slow: bool) -> Reply:
    gate = asyncio.Event()
    asyncio.get_running_loop().call_later(0.2 if slow else 0, gate.set)  # 0.1 s is no limit
    return script.stream([b": wait\n\n", gate, frame[:9], frame[9:]])


@pytest.mark.parametrize("ending", ["cut", "reset", "done"])
async def test_a_stream_that_ends_within_its_first_event_moves_on(
    tmp_path: Path, ending: script.Ending
) -> None:
    async with two(tmp_path) as stage:
        stage.first.always(script.stream([FRAMES[0][:20]], ending=ending))
        reply = await stage.ask(stream=True)
        assert (reply.status_code, words_of(reply)) == (200, SECOND)
        assert await stage.history() == [("first", "failed", 200), ("second", "success", 200)]


async def test_a_word_that_looks_like_an_error_is_none(tmp_path: Path) -> None:
    async with two(tmp_path) as stage:
        words = '{"error": {"message": "code 500"}} event: error'
        reply = await stage.ask(stream=True, words=words)
        assert words_of(reply) == words
        assert len(stage.first.requests) == 1 and not stage.second.requests


@pytest.mark.parametrize("native", ["chat", "messages", "gemini", "responses"])
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("how", ["cut", "unfinished", "error"])
async def test_what_breaks_later_is_told_in_the_clients_own_format(
    tmp_path: Path, native: str, client: str, how: str
) -> None:
    async with two(tmp_path, dialects=(native, "chat")) as stage:
        stage.first.always(broken(native, how))
        reply = await ask_as(stage, client)
        _, finished, failed = CLIENTS[client]
        assert reply.status_code == 200
        assert finished not in reply.content
        assert re.search(failed, reply.content)
        assert await stage.history() == [("first", "failed", 200)]
        row = await stage.row()
        assert row.response_status == "error" and row.error_message
        assert not stage.second.requests
        assert stage.resting() == ["first"]
        assert stage.slots() == 0


def broken(native: str, how: str) -> Reply:
    frames = NATIVE[native].stream(["Hel", "lo ", "there"])
    begun = frames[: next(n for n, frame in enumerate(frames) if b"lo " in frame) + 1]
    if how == "error":
        begun = [*begun, NATIVE[native].stream_error("broken inside")]
    return script.stream(begun, ending="cut" if how == "cut" else "done")


async def test_a_stream_is_booked_as_a_success_at_its_end_only(tmp_path: Path) -> None:
    async with two(tmp_path) as stage:
        stage.first.script(script.stream(FRAMES[:2], ending="cut"))
        await stage.ask(stream=True)
        assert stage.resting() == ["first"]  # it had begun well
        cooldowns = stage.gateway.gateway.services.health.cooldowns
        (entry,) = cooldowns.entries()
        assert entry.failures == 1


RESTS = pytest.mark.parametrize("rests", [False, True])


def limit_stalls(stage: Two, stall: Stall) -> None:
    """Set limits for the first provider that the configuration would call too small."""
    config = stage.gateway.gateway.services.config
    strict = replace(config.current.providers["first"], stall=stall)
    providers = {**config.current.providers, "first": strict}
    config.current = replace(config.current, providers=providers)


@RESTS
async def test_a_stream_that_begins_too_slowly_moves_on(tmp_path: Path, rests: bool) -> None:
    async with two(tmp_path) as stage:
        limit_stalls(stage, Stall(ttfb_s=0.1, ttfb_bytes=1000, cooldown=rests))
        stage.first.always(script.stream([FRAMES[0], asyncio.Event()]))
        assert words_of(await stage.ask(stream=True)) == SECOND
        failed, served = await stage.told()
        assert (failed["status"], served["provider"]) == ("failed", "second")
        assert failed["reason"] == "first/big stalled: fewer than 1000 bytes in 0.1 s"
        assert stage.resting() == (["first"] if rests else [])
        assert await (await stage.first.received()).ended() == "closed"


@RESTS
async def test_a_stream_that_becomes_too_slow_is_ended_in_band(tmp_path: Path, rests: bool) -> None:
    async with two(tmp_path) as stage:
        limit_stalls(stage, Stall(min_bps=5000.0, window_s=0.2, grace_s=0.0, cooldown=rests))
        stage.first.always(script.stream([*FRAMES[:2], asyncio.Event()]))
        reply = await stage.ask(stream=True)
        assert "stalled" in events_of(reply)[-1]["error"]["message"]
        assert b'"finish_reason":"' not in reply.content
        assert (await stage.row()).response_status == "stall"
        assert stage.resting() == (["first"] if rests else [])
        assert await (await stage.first.received()).ended() == "closed"
        assert not stage.second.requests


async def test_an_alias_may_have_the_next_target_go_on(tmp_path: Path) -> None:
    async with two(tmp_path, dialects=("messages", "chat"), alias="continue_stream: true") as stage:
        stage.first.always(broken("messages", "cut"))
        stage.second.always(script.stream(chat.stream(["there ", "again"])))
        reply = await stage.ask(stream=True)
        assert words_of(reply) == "Hello there again"
        assert "[DONE]" in reply.text and IN_BAND not in reply.content
        assert await stage.history() == [("first", "failed", 200), ("second", "success", 200)]
        row = await stage.row()
        assert row.response_status == "success"
        assert "taken over by another target" in (row.routing or "")
        assert stage.resting() == ["first"]
        assert stage.slots() == 0


async def test_nobody_goes_on_with_a_half_written_tool_call(tmp_path: Path) -> None:
    async with two(tmp_path, dialects=("messages", "chat"), alias="continue_stream: true") as stage:
        frames = messages.tool_stream()
        begun = next(n for n, frame in enumerate(frames) if b"input_json_delta" in frame) + 2
        stage.first.always(script.stream(frames[:begun], ending="cut"))
        reply = await stage.ask(stream=True)
        assert IN_BAND in reply.content and b'"finish_reason":"' not in reply.content
        assert not stage.second.requests
        assert await stage.history() == [("first", "failed", 200)]
