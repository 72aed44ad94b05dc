"""What is left of a call for looking at later: all of it, of failed calls only, or nothing."""

from pathlib import Path

import httpx
import pytest

from plexus.addons.inspection.traces import Traces
from plexus.transforms.wire import JsonObject, object_at, objects_at, parse_object, text_at
from tests.e2e.running import Running, one_provider, running
from tests.fakes import script
from tests.fakes.native import chat as native
from tests.fakes.provider import Provider

HEADERS = {"x-api-key": "sk-plexus-app"}
ON_ERROR = "{captureOnError: true}"


async def call(gateway: Running, **body: object) -> httpx.Response:
    known = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]}
    async with httpx.AsyncClient() as client:
        return await client.post(
            f"{gateway.url}/v1/messages", headers=HEADERS, json={**known, **body}
        )


async def trace_of(gateway: Running, reply: httpx.Response) -> JsonObject | None:
    await gateway.gateway.services.exchanges.wait_empty()
    traces: Traces = gateway.gateway.services.traces
    await traces.flush()
    found = await gateway.gateway.services.store.traces.get(reply.headers["x-request-id"])
    return None if found is None else parse_object(found.content)


def texts(trace: JsonObject | None) -> tuple[str, str, str, str]:
    """Return the four bodies: asked, sent, received, answered."""
    assert trace is not None
    sent = objects_at(trace, "sent")[-1]
    received = object_at(sent, "reply") or {}
    parts = (object_at(trace, "request") or {}, sent, received, object_at(trace, "reply") or {})
    bodies = [text_at(object_at(part, "body") or {}, "text") for part in parts]
    asked, told, heard, answered = (body or "" for body in bodies)
    return asked, told, heard, answered


@pytest.mark.parametrize("stream", [False, True])
async def test_with_debug_every_call_leaves_its_four_bodies(
    tmp_path: Path, provider: Provider, stream: bool
) -> None:
    async with running(tmp_path, one_provider(provider), {"DEBUG": "true"}) as gateway:
        reply = await call(gateway, stream=stream)
        asked, sent, heard, answered = texts(await trace_of(gateway, reply))
    assert parse_object(asked)["max_tokens"] == 9
    assert parse_object(sent)["model"] == "big"
    assert ("chat.completion.chunk" if stream else '"chat.completion"') in heard
    assert answered == reply.text


async def test_capture_on_error_keeps_failed_calls_only(tmp_path: Path, provider: Provider) -> None:
    async with running(tmp_path, one_provider(provider, debug=ON_ERROR)) as gateway:
        good = await call(gateway)
        provider.script(script.json_reply(native.error(401, "who?"), status=401))
        bad = await call(gateway)
        assert (good.status_code, bad.status_code >= 400) == (200, True)
        assert await trace_of(gateway, good) is None
        asked, sent, heard, answered = texts(await trace_of(gateway, bad))
    assert "hello" in asked
    assert "hello" in sent
    assert "who?" in heard
    assert answered == bad.text


async def test_a_stream_that_breaks_off_is_a_failed_call(
    tmp_path: Path, provider: Provider
) -> None:
    provider.script(script.stream(native.stream(["Hel", "lo"])[:2], ending="cut"))
    async with running(tmp_path, one_provider(provider, debug=ON_ERROR)) as gateway:
        reply = await call(gateway, stream=True)
        _, _, heard, answered = texts(await trace_of(gateway, reply))
    assert "Hel" in heard
    assert answered == reply.text


async def test_nothing_is_kept_unless_somebody_asks_for_it(
    tmp_path: Path, provider: Provider
) -> None:
    async with running(tmp_path, one_provider(provider)) as gateway:
        reply = await call(gateway)
        assert await trace_of(gateway, reply) is None
        provider.script(script.json_reply(native.error(401, "who?"), status=401))
        assert await trace_of(gateway, await call(gateway)) is None


async def test_a_stranger_leaves_no_trace(tmp_path: Path, provider: Provider) -> None:
    async with running(tmp_path, one_provider(provider), {"DEBUG": "true"}) as gateway:
        async with httpx.AsyncClient() as client:
            reply = await client.post(
                f"{gateway.url}/v1/messages", headers={"x-api-key": "wrong"}, json={"model": "m"}
            )
        assert reply.status_code == 401
        assert await trace_of(gateway, reply) is None
