"""The fake provider does what its script says and knows how each exchange ended."""

from __future__ import annotations

import asyncio
import sys

import aiohttp
import pytest

from tests.fakes import script
from tests.fakes.provider import Provider
from tests.fakes.replies import NATIVE, Call, gemini
from tests.fakes.script import Reply
from tests.fakes.tls import Authority

USER: dict[str, object] = {"role": "user", "content": "Hello there"}
HELLO: dict[str, object] = {"model": "fake", "messages": [USER]}
PATHS = {
    "chat": "/v1/chat/completions",
    "responses": "/v1/responses",
    "messages": "/v1/messages",
    "gemini": "/v1beta/models/fake:generateContent",
}


async def post(url: str, body: object = HELLO, **more: object) -> tuple[int, bytes]:
    """Send one request and read the whole reply."""
    async with aiohttp.ClientSession() as session, session.post(url, json=body, **more) as reply:  # type: ignore[arg-type]  # passed on
        return reply.status, await reply.read()


def body_for(name: str) -> dict[str, object]:
    """A request for "Hello there" in the format."""
    match name:
        case "responses":
            return {"model": "fake", "input": "Hello there"}
        case "gemini":
            return {"contents": [{"role": "user", "parts": [{"text": "Hello there"}]}]}
        case _:
            return HELLO


@pytest.mark.parametrize("name", PATHS)
async def test_it_echoes_the_last_words_in_every_format(provider: Provider, name: str) -> None:
    status, body = await post(provider.url + PATHS[name], body_for(name))
    assert status == 200
    assert body.decode() == script.json_reply(NATIVE[name].text("Hello there")).steps[0].decode()  # type: ignore[union-attr]  # bytes


@pytest.mark.parametrize("name", ["chat", "responses", "messages"])
async def test_it_streams_when_asked(provider: Provider, name: str) -> None:
    _, body = await post(provider.url + PATHS[name], {**body_for(name), "stream": True})
    assert body == b"".join(NATIVE[name].stream(["Hello ", "there"]))


async def test_gemini_streams_as_events_or_as_an_array(provider: Provider) -> None:
    url = provider.url + "/v1beta/models/fake:streamGenerateContent"
    frames = gemini.stream(["Hello ", "there"])
    assert await post(url + "?alt=sse", body_for("gemini")) == (200, b"".join(frames))
    assert await post(url, body_for("gemini")) == (200, b"".join(gemini.array(frames)))


async def test_it_records_what_it_was_sent(provider: Provider) -> None:
    await post(provider.url + "/v1/messages?beta=true", HELLO, headers={"X-Api-Key": "k"})
    request = await provider.received()
    assert (request.method, request.path) == ("POST", "/v1/messages")
    assert (request.query, request.body) == ({"beta": "true"}, HELLO)
    assert request.headers["x-api-key"] == "k"
    assert await request.ended() == "completed"


async def test_a_script_is_followed_in_order_and_then_the_default(provider: Provider) -> None:
    busy = NATIVE["chat"].error(503, "busy")
    provider.script(
        script.json_reply(busy, status=503), lambda got: script.html(500 + len(got.raw))
    )
    provider.always(script.empty(204))
    url = provider.url + PATHS["chat"]
    first, second, third = await post(url), await post(url, {}), await post(url)
    assert (first[0], second[0], third[0]) == (503, 502, 204)
    assert b"Bad gateway" in second[1]


async def test_a_gate_holds_the_rest_of_a_stream(provider: Provider) -> None:
    gate = asyncio.Event()
    frames = NATIVE["chat"].stream(["Hel", "lo"])
    provider.script(script.gated(frames, gate))
    async with aiohttp.ClientSession() as session, session.post(provider.url + PATHS["chat"]) as r:
        assert await r.content.readexactly(len(frames[0])) == frames[0]
        gate.set()
        assert await r.content.read() == b"".join(frames[1:])
    assert await provider.requests[0].ended() == "completed"


async def test_it_notices_a_client_that_hangs_up(provider: Provider) -> None:
    provider.script(script.stalled(asyncio.Event()))
    call = asyncio.ensure_future(post(provider.url + PATHS["chat"]))
    request = await provider.received()
    call.cancel()
    assert await request.ended() == "closed"


@pytest.mark.parametrize(
    ("reply", "how"),
    [
        (script.reset(), "reset"),
        (script.stream(NATIVE["chat"].stream(["Hel"])[:1], ending="reset"), "reset"),
        (script.stream(NATIVE["chat"].stream(["Hel"])[:1], ending="cut"), "cut"),
        (Reply(steps=[b'{"half":'], ending="cut"), "cut"),
    ],
    ids=["no answer", "reset stream", "cut stream", "cut body"],
)
async def test_broken_replies_break(provider: Provider, reply: Reply, how: str) -> None:
    provider.script(reply)
    with pytest.raises(aiohttp.ClientError):
        await post(provider.url + PATHS["chat"])
    assert await provider.requests[0].ended() == how


async def test_bytewise_streams_arrive_whole(provider: Provider) -> None:
    frames = NATIVE["messages"].tool_stream(Call(arguments='{"city":"Zürich"}'))
    provider.script(script.bytewise(frames))
    assert await post(provider.url + PATHS["messages"]) == (200, b"".join(frames))


async def test_a_provider_that_refuses_is_not_there(provider: Provider) -> None:
    await provider.refuse()
    with pytest.raises(aiohttp.ClientConnectorError):
        await post(provider.url + PATHS["chat"])


async def test_the_models_name_chooses_a_behaviour(provider: Provider) -> None:
    url = provider.url + PATHS["chat"]
    tool = {"type": "function", "function": {"name": "look", "parameters": {"required": ["x"]}}}
    failed = await post(url, {**HELLO, "model": "fake-status-429"})
    called = await post(url, {**HELLO, "model": "fake-tools", "tools": [tool]})
    answer = {"role": "tool", "tool_call_id": "call_1", "content": "7"}
    after = [USER, answer]
    done = await post(url, {"model": "fake-tools", "messages": after, "tools": [tool]})
    assert failed[0] == 429
    assert b'"name":"look","arguments":"{\\"x\\":\\"fake\\"}"' in called[1]
    assert b'"finish_reason":"stop"' in done[1]


async def test_it_serves_tls_for_the_names_it_was_given() -> None:
    authority = Authority()
    tls = authority.server_context("api.example.com", "127.0.0.1")
    async with Provider(tls=tls) as provider:
        status, _ = await post(provider.url + PATHS["chat"], ssl=authority.client_context())
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await post(provider.url + PATHS["chat"])
    assert status == 200


async def test_it_runs_by_itself() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.fakes.provider", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        url = (await process.stdout.readline()).decode().strip()
        status, _ = await post(url + PATHS["chat"])
    finally:
        process.terminate()
        await process.wait()
    assert status == 200
