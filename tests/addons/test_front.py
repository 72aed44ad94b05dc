"""The gateway's own HTTP server: what is plain becomes a flow, and comes back as plain."""

import asyncio
import gzip
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from mitmproxy import http
from mitmproxy.proxy.layers.http import HttpErrorHook, HttpRequestHook
from mitmproxy.test import taddons, tflow

from plexus.addons.front import trigger
from plexus.transforms.wire import dump, parse_object
from tests.addons.raw import exchange_bytes
from tests.e2e.running import Running, one_provider, running
from tests.fakes import script
from tests.fakes.native import chat
from tests.fakes.provider import Provider

AUTH = {"authorization": "Bearer sk-plexus-app"}
CALL = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
BODY = dump(CALL)


class Script:
    """A user's addon: does to a flow what a test wants, at one hook each."""

    name = "script"

    def __init__(self, **acts: Callable[[http.HTTPFlow], None]) -> None:
        for hook, act in acts.items():
            setattr(self, hook, act)


def load_first(gateway: Running, script: Script) -> None:
    """Load it as `-s` does: before the verbs."""
    gateway.master.addons.add(script)
    gateway.master.addons.chain.insert(0, gateway.master.addons.chain.pop())


def raw(headers: str, body: bytes, path: str = "/v1/chat/completions") -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-plexus-app\r\n"
        f"Connection: close\r\n{headers}\r\n"
    )
    return head.encode() + body


def split(reply: bytes) -> tuple[bytes, bytes]:
    """The status line and the body, chunks not joined."""
    head, _, body = reply.partition(b"\r\n\r\n")
    return head.partition(b"\r\n")[0], body


async def post(gateway: Running, **other: object) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.post(
            f"{gateway.url}/v1/chat/completions", **{"headers": AUTH, "json": CALL, **other}
        )


async def test_a_chunked_body_is_read_like_any_other(tmp_path: Path, provider: Provider) -> None:
    chunked = b"".join(b"%x\r\n%b\r\n" % (1, BODY[i : i + 1]) for i in range(len(BODY)))
    async with running(tmp_path, one_provider(provider)) as gateway:
        reply = await exchange_bytes(
            gateway.port, raw("Transfer-Encoding: chunked\r\n", chunked + b"0\r\n\r\n")
        )
    assert split(reply)[0].endswith(b"200 OK")


async def test_a_compressed_body_is_opened(tmp_path: Path, provider: Provider) -> None:
    async with running(tmp_path, one_provider(provider)) as gateway:
        reply = await post(
            gateway,
            json=None,
            content=gzip.compress(BODY),
            headers={**AUTH, "content-encoding": "gzip"},
        )
    assert reply.status_code == 200
    sent = await provider.received()
    assert isinstance(sent.body, dict) and sent.body["model"] == "big"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ("Content-Encoding: gzip\r\nContent-Length: 7\r\n", b"no gzip"),
        ("Transfer-Encoding: chunked\r\n", b"zz\r\nno chunk\r\n"),
        (f"Content-Length: {len(BODY)}\r\n", BODY[:-1] + b"]"),
    ],
)
async def test_a_body_that_cannot_be_read_is_the_clients_fault(
    tmp_path: Path, provider: Provider, headers: str, body: bytes
) -> None:
    async with running(tmp_path, one_provider(provider)) as gateway:
        status, reply = split(await exchange_bytes(gateway.port, raw(headers, body)))
        await gateway.gateway.services.exchanges.wait_empty()
    assert b" 400 " in status
    error = parse_object(reply)["error"]
    assert isinstance(error, dict) and error["type"] == "invalid_request_error"
    assert not provider.requests


async def test_a_body_that_is_too_large_is_refused_before_it_is_sent(
    tmp_path: Path, provider: Provider
) -> None:
    async with running(tmp_path, one_provider(provider)) as gateway:
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(raw(f"Content-Length: {31 << 20}\r\nExpect: 100-continue\r\n", b""))
        reply = await reader.readuntil(b"the limit is 31,457,280")
        writer.close()
    assert reply.startswith(b"HTTP/1.1 413 ")


async def test_a_client_that_waits_to_be_asked_for_its_body_is_asked(
    tmp_path: Path, provider: Provider
) -> None:
    async with running(tmp_path, one_provider(provider)) as gateway:
        headers = f"Content-Length: {len(BODY)}\r\nExpect: 100-continue\r\n"
        reply = await exchange_bytes(gateway.port, raw(headers, BODY))
    first, _, rest = reply.partition(b"\r\n\r\n")
    assert first == b"HTTP/1.1 100 Continue"
    assert rest.startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    "path", ["/v1/files", "/", "/v1/chat/completions/x", "/v1beta/models/m:tune"]
)
async def test_a_path_that_nobody_serves_is_not_found_and_leaves_nothing(
    tmp_path: Path, provider: Provider, path: str
) -> None:
    seen: list[http.HTTPFlow] = []
    async with running(tmp_path, one_provider(provider)) as gateway:
        gateway.master.addons.add(Script(response=seen.append))
        reply = await exchange_bytes(gateway.port, raw("Content-Length: 2\r\n", b"{}", path))
        assert len(gateway.gateway.services.exchanges) == 0
    assert b" 404 " in split(reply)[0]
    assert b"is not served here" in reply
    (flow,) = seen  # an inspector is not left with a request that seems to wait for ever
    assert flow.response is not None and flow.response.status_code == 404


async def test_a_script_answers_in_our_place(tmp_path: Path, provider: Provider) -> None:
    def answer(flow: http.HTTPFlow) -> None:
        flow.response = http.Response.make(418, b"short and stout", {"x-made": "up"})

    for hook in ("requestheaders", "request"):
        async with running(tmp_path, one_provider(provider)) as gateway:
            load_first(gateway, Script(**{hook: answer}))
            reply = await post(gateway)
            await gateway.gateway.services.exchanges.wait_empty()
        assert (reply.status_code, reply.text) == (418, "short and stout")
        assert reply.headers["x-made"] == "up"
    assert not provider.requests


async def test_a_script_edits_what_goes_back(tmp_path: Path, provider: Provider) -> None:
    def edit(flow: http.HTTPFlow) -> None:
        assert flow.response is not None
        flow.response.headers["x-edited"] = "yes"
        flow.response.content = b"edited"

    async with running(tmp_path, one_provider(provider)) as gateway:
        gateway.master.addons.add(Script(response=edit))
        reply = await post(gateway)
    assert (reply.text, reply.headers["x-edited"]) == ("edited", "yes")


async def test_a_script_that_crashes_stops_nobody(tmp_path: Path, provider: Provider) -> None:
    def crash(flow: http.HTTPFlow) -> None:
        raise RuntimeError("a script's bug")

    async with running(tmp_path, one_provider(provider)) as gateway:
        hooks = ("requestheaders", "request", "responseheaders", "response")
        load_first(gateway, Script(**dict.fromkeys(hooks, crash)))
        good = await post(gateway)
        bad = await post(gateway, headers={"authorization": "Bearer sk-wrong"})
        (row,) = await gateway.rows()
    assert (good.status_code, bad.status_code) == (200, 401)
    assert row.response_status == "success"


async def test_a_call_that_a_script_kills_is_cut_and_entered(
    tmp_path: Path, provider: Provider
) -> None:
    def kill(flow: http.HTTPFlow) -> None:
        flow.kill()

    async with running(tmp_path, one_provider(provider)) as gateway:
        load_first(gateway, Script(request=kill))
        with pytest.raises(httpx.RemoteProtocolError):
            await post(gateway)
        (row,) = await gateway.rows()
    assert (row.response_status, row.error_message) == ("error", "Connection killed.")
    assert not provider.requests


@pytest.mark.parametrize("act", ["kill", "answer"])
async def test_a_stream_that_is_not_wanted_any_more_closes_its_provider(
    tmp_path: Path, provider: Provider, act: str
) -> None:
    def interfere(flow: http.HTTPFlow) -> None:
        if "plexus.gateway" not in flow.metadata:
            return
        if act == "kill":
            flow.kill()
        else:
            flow.response = http.Response.make(204)

    provider.script(script.gated(chat.stream(["Hel", "lo"]), asyncio.Event()))
    async with running(tmp_path, one_provider(provider)) as gateway:
        gateway.master.addons.add(Script(request=interfere))  # behind the verbs
        asked = {"json": {**CALL, "stream": True}}
        if act == "kill":
            with pytest.raises(httpx.RemoteProtocolError):
                await post(gateway, **asked)
        else:
            assert (await post(gateway, **asked)).status_code == 204
        assert await (await provider.received()).ended() == "closed"
        await gateway.rows()


@pytest.mark.parametrize("kept", [True, False])
async def test_streamed_bodies_are_kept_for_inspectors_only(
    tmp_path: Path, provider: Provider, kept: bool
) -> None:
    seen: list[http.HTTPFlow] = []
    async with running(tmp_path, one_provider(provider)) as gateway:
        gateway.master.options.update(store_streamed_bodies=kept)
        gateway.master.addons.add(Script(response=seen.append))
        reply = await post(gateway, json={**CALL, "stream": True})
    flow = next(flow for flow in seen if "plexus.gateway" in flow.metadata)
    assert flow.response is not None
    assert flow.response.raw_content == (reply.content if kept else b"")


async def test_replies_to_pages_are_open_to_all_where_keys_are_asked_for(
    tmp_path: Path, provider: Provider
) -> None:
    async with running(tmp_path, one_provider(provider)) as gateway:
        for stream in (True, False):
            reply = await post(gateway, json={**CALL, "stream": stream})
            assert reply.headers["access-control-allow-origin"] == "*"
            assert "x-request-id" in reply.headers["access-control-expose-headers"]


async def test_one_connection_carries_many_calls_and_pages(
    tmp_path: Path, provider: Provider
) -> None:
    async with running(tmp_path, one_provider(provider)) as gateway, httpx.AsyncClient() as client:
        ports = set()
        for stream in (False, True, False):
            await client.get(f"{gateway.url}/health")
            reply = await client.post(
                f"{gateway.url}/v1/chat/completions", headers=AUTH, json={**CALL, "stream": stream}
            )
            assert reply.status_code == 200
            connection = reply.extensions["network_stream"].get_extra_info("socket")
            ports.add(connection.getsockname()[1])
        await gateway.rows(3)
    assert len(ports) == 1


async def test_a_hook_waits_while_somebody_holds_the_flow() -> None:
    with taddons.context():
        flow = tflow.tflow()
        flow.intercept()
        waiting = asyncio.ensure_future(trigger(HttpRequestHook(flow)))
        await asyncio.sleep(0)
        assert not waiting.done()
        flow.resume()
        await waiting


async def test_the_end_of_a_call_waits_for_nobody() -> None:
    with taddons.context():
        flow = tflow.tflow(err=True)
        flow.intercept()
        async with asyncio.timeout(1):
            await trigger(HttpErrorHook(flow))
