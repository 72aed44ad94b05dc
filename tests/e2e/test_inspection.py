"""Attempts as flows: what somebody who watches can do to the traffic with providers."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from mitmproxy import http

from plexus.addons.inspection.attempt_flow import ATTEMPT_MARK, MASK
from tests.e2e.processes import chat
from tests.e2e.running import Running, one_provider, running
from tests.fakes import script
from tests.fakes.native import chat as native
from tests.fakes.native.shapes import compact
from tests.fakes.provider import Provider

JSON = {"content-type": "application/json"}

type Act = Callable[[http.HTTPFlow], None]


class Watching:
    """A user's script that looks at attempts only."""

    name = "watching"

    def __init__(self, **acts: Act) -> None:
        self.seen: list[tuple[str, http.HTTPFlow]] = []
        self.arrived = asyncio.Event()
        self._acts = acts

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        self._look("requestheaders", flow)

    def request(self, flow: http.HTTPFlow) -> None:
        self._look("request", flow)

    def response(self, flow: http.HTTPFlow) -> None:
        self._look("response", flow)

    def error(self, flow: http.HTTPFlow) -> None:
        self._look("error", flow)

    def _look(self, hook: str, flow: http.HTTPFlow) -> None:
        if ATTEMPT_MARK not in flow.metadata:
            return
        self.seen.append((hook, flow))
        self.arrived.set()
        if hook in self._acts:
            self._acts[hook](flow)

    @property
    def hooks(self) -> list[str]:
        """The hooks that it saw, in order."""
        return [hook for hook, _ in self.seen]


def two_targets(first: Provider, second: Provider) -> str:
    return f"""
        adminKey: admin-secret-for-tests
        providers:
          one: {{api_base_url: {{chat: "{first.url}/v1"}}, api_key: sk-1, models: [big]}}
          two: {{api_base_url: {{chat: "{second.url}/v1"}}, api_key: sk-2, models: [big]}}
        models:
          m:
            selector: in_order
            targets: [{{provider: one, model: big}}, {{provider: two, model: big}}]
        keys:
          app: {{secret: sk-plexus-app}}
        """


def watched(gateway: Running, **acts: Act) -> Watching:
    watching = Watching(**acts)
    gateway.master.addons.add(watching)
    return watching


async def test_a_script_answers_in_the_providers_place(tmp_path: Path, provider: Provider) -> None:
    def answer(flow: http.HTTPFlow) -> None:
        flow.response = http.Response.make(200, compact(native.text("from a script")), JSON)

    async with running(tmp_path, one_provider(provider)) as gateway:
        watching = watched(gateway, request=answer)
        whole = await chat(gateway.url)
        stream = await chat(gateway.url, stream=True)
        rows = await gateway.rows(2)
    assert whole.json()["choices"][0]["message"]["content"] == "from a script"
    assert "from a script" in stream.text and stream.text.endswith("data: [DONE]\n\n")
    assert not provider.requests
    assert [row.response_status for row in rows] == ["success", "success"]
    assert watching.hooks == ["requestheaders", "request", "response"] * 2


async def test_edits_of_an_attempt_reach_the_provider_and_the_client(
    tmp_path: Path, provider: Provider
) -> None:
    def edit_request(flow: http.HTTPFlow) -> None:
        flow.request.headers["x-added"] = "yes"
        flow.request.content = (flow.request.content or b"").replace(b"Hi", b"Good morning")

    def edit_response(flow: http.HTTPFlow) -> None:
        assert flow.response is not None and flow.response.content is not None
        flow.response.content = flow.response.content.replace(b"Good morning", b"Edited")

    async with running(tmp_path, one_provider(provider)) as gateway:
        watched(gateway, request=edit_request, response=edit_response)
        reply = await chat(gateway.url)
    assert reply.json()["choices"][0]["message"]["content"] == "Edited"
    sent = await provider.received()
    assert sent.headers["x-added"] == "yes" and b"Good morning" in sent.raw


async def test_the_providers_key_is_masked_on_the_flow_and_arrives_all_the_same(
    tmp_path: Path, provider: Provider
) -> None:
    async with running(tmp_path, one_provider(provider)) as gateway:
        watching = watched(gateway)
        for stream in (False, True):
            assert (await chat(gateway.url, stream=stream)).status_code == 200
    assert {flow.request.headers["authorization"] for _, flow in watching.seen} == {MASK}
    assert all("sk-provider-secret" not in str(flow.get_state()) for _, flow in watching.seen)
    for request in provider.requests:
        assert request.headers["authorization"] == "Bearer sk-provider-secret"


async def test_an_attempt_that_is_killed_goes_on_to_the_next_target(
    tmp_path: Path, provider: Provider
) -> None:
    def kill(flow: http.HTTPFlow) -> None:
        if flow.request.port == provider.port:
            flow.kill()

    async with Provider() as second, running(tmp_path, two_targets(provider, second)) as gateway:
        watching = watched(gateway, request=kill)
        assert (await chat(gateway.url)).status_code == 200
        (row,) = await gateway.rows()
        assert len(second.requests) == 1
    assert not provider.requests
    assert (row.provider, row.attempt_count) == ("two", 2)
    assert watching.hooks[:3] == ["requestheaders", "request", "error"]


async def test_an_attempt_is_held_until_it_is_let_go(tmp_path: Path, provider: Provider) -> None:
    async with running(tmp_path, one_provider(provider)) as gateway:
        watching = watched(gateway, request=lambda flow: flow.intercept())
        calling = asyncio.ensure_future(chat(gateway.url))
        await watching.arrived.wait()
        _, held = watching.seen[-1]
        assert held.intercepted and not provider.requests
        held.request.headers["x-held"] = "yes"
        held.resume()
        assert (await calling).status_code == 200
    assert (await provider.received()).headers["x-held"] == "yes"


async def test_a_client_that_leaves_while_its_attempt_is_held_leaves_nothing(
    tmp_path: Path, provider: Provider
) -> None:
    async with running(tmp_path, one_provider(provider)) as gateway:
        watching = watched(gateway, request=lambda flow: flow.intercept())
        calling = asyncio.ensure_future(chat(gateway.url))
        await watching.arrived.wait()
        calling.cancel()
        (row,) = await gateway.rows()
    assert row.response_status == "cancelled"
    assert watching.hooks[-1] == "error"
    assert not watching.seen[-1][1].live
    assert not provider.requests


async def test_a_script_that_crashes_at_an_attempt_stops_nobody(
    tmp_path: Path, provider: Provider
) -> None:
    def crash(flow: http.HTTPFlow) -> None:
        raise RuntimeError("a script's bug")

    async with running(tmp_path, one_provider(provider)) as gateway:
        watched(gateway, requestheaders=crash, request=crash, response=crash)
        for stream in (False, True):
            assert (await chat(gateway.url, stream=stream)).status_code == 200
        rows = await gateway.rows(2)
    assert [row.response_status for row in rows] == ["success", "success"]


async def test_a_provider_that_fails_is_shown_to_have_failed(
    tmp_path: Path, provider: Provider
) -> None:
    provider.script(script.reset(), script.stream(native.stream(["Hel", "lo"])[:2], ending="cut"))
    async with running(tmp_path, one_provider(provider)) as gateway:
        watching = watched(gateway)
        assert (await chat(gateway.url)).status_code == 502
        assert '"error"' in (await chat(gateway.url, stream=True)).text
    assert watching.hooks == ["requestheaders", "request", "error"] * 2
