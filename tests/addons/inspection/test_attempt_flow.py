"""Every attempt is a flow while somebody watches; its credential never stands on it."""

import asyncio
from collections.abc import Callable

import pytest
from mitmproxy import flow as flows
from mitmproxy import hooks, http

from plexus.addons.inspection.attempt_flow import (
    ATTEMPT_MARK,
    MASK,
    WatchedUpstream,
    attempt_flow,
    shown_url,
    unmasked,
)
from plexus.addons.upstream.client import Response
from plexus.transforms.errors import GatewayError, Kind
from tests.addons.making import Replying, Scripted, Sent, whole

URL = "https://api.acme.test/v1/chat/completions"
HEADERS = {"content-type": "application/json", "authorization": "Bearer sk-of-acme"}
BODY = b'{"model":"big"}'


class Spectator:
    """Notes the hooks of attempts, and does to a flow what a test wants at one of them."""

    def __init__(self, **acts: Callable[[http.HTTPFlow], None]) -> None:
        self.seen: list[str] = []
        self.flow: http.HTTPFlow | None = None
        self._acts = acts

    async def trigger(self, event: hooks.Hook) -> None:
        (self.flow,) = event.args()
        self.seen.append(event.name)
        act = self._acts.get(event.name)
        if act is not None:
            assert self.flow is not None
            act(self.flow)


async def send(
    spectator: Spectator, upstream: Scripted, *, watched: bool = True, url: str = URL
) -> Response:
    watching = WatchedUpstream(upstream, spectator.trigger, lambda: watched)
    return await watching.send(url, HEADERS, BODY, "call-1")


async def read(response: Response) -> bytes:
    found = b""
    while data := await response.read_some():
        found += data
    return found


async def test_without_a_spectator_no_flow_is_made() -> None:
    spectator, upstream, reply = Spectator(), Scripted(), whole(b"{}")
    upstream = Scripted(reply)
    assert await send(spectator, upstream, watched=False) is reply
    assert spectator.seen == []


async def test_a_spectator_sees_the_whole_attempt_and_never_the_key() -> None:
    spectator, upstream = Spectator(), Scripted(whole(b'{"ok":true}'))
    response = await send(spectator, upstream)
    assert await response.read_all() == b'{"ok":true}'
    assert spectator.seen == ["requestheaders", "request", "responseheaders", "response"]
    flow = spectator.flow
    assert flow is not None and flow.response is not None
    assert flow.metadata[ATTEMPT_MARK] == "call-1"
    assert (flow.request.method, flow.request.url) == ("POST", URL)
    assert flow.request.headers["authorization"] == MASK
    assert "sk-of-acme" not in str(flow.get_state())
    assert (flow.response.status_code, flow.response.raw_content) == (200, b'{"ok":true}')
    assert flow.response.timestamp_end is not None


async def test_the_provider_gets_what_it_would_without_spectators() -> None:
    upstream = Scripted(whole(b"{}"))
    await send(Spectator(), upstream)
    assert upstream.sent == [Sent(url=URL, headers=HEADERS, body=BODY, call_id="call-1")]


async def test_edits_of_a_request_reach_the_provider() -> None:
    def edit(flow: http.HTTPFlow) -> None:
        flow.request.url = "https://other.test/v2"
        flow.request.content = b'{"model":"small"}'
        flow.request.headers["x-added"] = "1"
        del flow.request.headers["authorization"]

    upstream = Scripted(whole(b"{}"))
    await send(Spectator(request=edit), upstream)
    (sent,) = upstream.sent
    assert (sent.url, sent.body) == ("https://other.test/v2", b'{"model":"small"}')
    assert sent.headers["x-added"] == "1" and "authorization" not in sent.headers


async def test_a_spectators_own_credential_replaces_ours() -> None:
    def edit(flow: http.HTTPFlow) -> None:
        flow.request.headers["authorization"] = "Bearer sk-mine"

    upstream = Scripted(whole(b"{}"))
    await send(Spectator(requestheaders=edit), upstream)
    assert upstream.sent[0].headers["authorization"] == "Bearer sk-mine"


async def test_a_spectator_answers_in_the_providers_place() -> None:
    def answer(flow: http.HTTPFlow) -> None:
        flow.response = http.Response.make(203, b"made up", {"Content-Type": "text/x"})

    for read_all in (True, False):
        spectator, upstream = Spectator(request=answer), Scripted()
        response = await send(spectator, upstream)
        assert (response.status, response.headers["content-type"]) == (203, "text/x")
        assert await (response.read_all() if read_all else read(response)) == b"made up"
        response.close()
        assert upstream.sent == []
        assert spectator.seen == ["requestheaders", "request", "response"]


async def test_a_spectator_stops_an_attempt() -> None:
    def kill(flow: http.HTTPFlow) -> None:
        flow.kill()

    spectator, upstream = Spectator(request=kill), Scripted()
    with pytest.raises(GatewayError, match="stopped") as caught:
        await send(spectator, upstream)
    assert caught.value.kind is Kind.UPSTREAM_DOWN
    assert upstream.sent == []
    assert spectator.seen[-1] == "error"


async def test_edits_of_a_whole_reply_reach_the_client() -> None:
    def edit(flow: http.HTTPFlow) -> None:
        assert flow.response is not None
        flow.response.content = b"edited"

    response = await send(Spectator(response=edit), Scripted(whole(b"{}")))
    assert await response.read_all() == b"edited"


async def test_a_spectator_replaces_a_whole_reply() -> None:
    def replace(flow: http.HTTPFlow) -> None:
        flow.response = http.Response.make(200, b"replaced")

    response = await send(Spectator(response=replace), Scripted(whole(b"{}")))
    assert await response.read_all() == b"replaced"


async def test_edits_of_a_replys_head_reach_the_client() -> None:
    def edit(flow: http.HTTPFlow) -> None:
        assert flow.response is not None
        flow.response.status_code = 503

    response = await send(Spectator(responseheaders=edit), Scripted(whole(b"{}")))
    assert response.status == 503


async def test_a_stream_is_passed_as_it_comes_and_shown_whole() -> None:
    spectator = Spectator()
    reply = Replying(headers={"content-type": "text/event-stream"}, steps=[b"one", b"two"])
    response = await send(spectator, Scripted(reply))
    assert await response.read_some() == b"one"
    assert spectator.seen[-1] == "responseheaders"
    assert await read(response) == b"two"
    assert await response.read_some() == b""  # again
    assert spectator.seen.count("response") == 1
    assert spectator.flow is not None and spectator.flow.response is not None
    assert spectator.flow.response.raw_content == b"onetwo"


async def test_the_failure_of_a_request_is_shown() -> None:
    spectator = Spectator()
    down = GatewayError(Kind.UPSTREAM_DOWN, "could not reach it")
    with pytest.raises(GatewayError) as caught:
        await send(spectator, Scripted(down))
    assert caught.value is down
    assert spectator.seen[-1] == "error"
    assert spectator.flow is not None and spectator.flow.error is not None
    assert spectator.flow.error.msg == "could not reach it"


@pytest.mark.parametrize("piecewise", [True, False])
async def test_the_failure_of_a_reply_is_shown(piecewise: bool) -> None:
    spectator = Spectator()
    broken = GatewayError(Kind.UPSTREAM_DOWN, "the connection broke")
    response = await send(spectator, Scripted(Replying(steps=[b"one", broken])))
    with pytest.raises(GatewayError):
        await (read(response) if piecewise else response.read_all())
    assert spectator.seen[-1] == "error"
    assert spectator.flow is not None and spectator.flow.error is not None


async def test_an_attempt_that_is_cancelled_is_shown_as_over() -> None:
    spectator, upstream = Spectator(), Scripted(asyncio.Event())
    work = asyncio.ensure_future(send(spectator, upstream))
    await upstream.arrived.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert spectator.seen[-1] == "error"
    assert spectator.flow is not None and not spectator.flow.live


async def test_a_reply_that_is_dropped_closes_the_connection_and_is_not_live() -> None:
    spectator = Spectator()
    reply = Replying(headers={"content-type": "text/event-stream"}, steps=[b"one", b"two"])
    response = await send(spectator, Scripted(reply))
    await response.read_some()
    response.close()
    assert reply.closed == 1
    assert spectator.flow is not None and not spectator.flow.live


@pytest.mark.parametrize("hook", ["request", "response"])
async def test_an_attempt_that_is_over_is_not_live(hook: str) -> None:
    def answer(flow: http.HTTPFlow) -> None:
        flow.response = flow.response or http.Response.make(200, b"{}")

    spectator = Spectator(**{hook: answer})
    await (await send(spectator, Scripted(whole(b"{}")))).read_all()
    assert spectator.flow is not None and not spectator.flow.live
    assert not spectator.flow.killable


def test_every_header_that_may_hold_a_secret_is_masked() -> None:
    secret = {
        "Authorization": "1", "x-api-key": "2", "X-Goog-Api-Key": "3", "api-key": "4",
        "x-auth-token": "5", "ocp-apim-subscription-key": "6", "cookie": "7",
        "cf-aig-authorization": "8", "x-client-secret": "9",
    }  # fmt: skip
    plain = {"content-type": "application/json", "user-agent": "plexus", "anthropic-version": "1"}
    flow = attempt_flow(URL, {**secret, **plain}, BODY, "call-1")
    shown = dict(flow.request.headers.items())
    assert {name for name, value in shown.items() if value == MASK} == set(secret)
    assert {name: shown[name] for name in plain} == plain
    assert unmasked(flow.request.headers, {**secret, **plain}) == {**secret, **plain}


@pytest.mark.parametrize(
    "url",
    [
        URL,
        "http://127.0.0.1:8000/v1/x?alt=sse",
        "https://host:443/v1",
        "https://user:sk-secret@host/v1",
        "https://[::1]:8080/v1",
        "https://host/a%2Fb/c",
    ],
)
async def test_an_address_that_nobody_edits_is_the_address_that_is_called(url: str) -> None:
    spectator, upstream = Spectator(), Scripted(whole(b"{}"))
    await send(spectator, upstream, url=url)
    assert upstream.sent[0].url == url
    assert spectator.flow is not None
    assert "sk-secret" not in str(spectator.flow.get_state())


async def test_the_embedded_provider_is_shown_under_a_name_and_called_by_its_own() -> None:
    spectator, upstream = Spectator(), Scripted(whole(b"{}"))
    await send(spectator, upstream, url="embedded://demo/chat/completions")
    assert upstream.sent[0].url == "embedded://demo/chat/completions"
    assert spectator.flow is not None
    assert spectator.flow.request.url == "http://demo.plexus.invalid/demo/chat/completions"
    assert shown_url(URL) == URL


async def test_closing_closes_what_stands_behind() -> None:
    upstream = Scripted()
    await WatchedUpstream(upstream, Spectator().trigger, lambda: True).close()
    assert upstream.closed


def test_an_attempt_can_be_saved_and_read_again() -> None:
    flow = attempt_flow(URL, HEADERS, BODY, "call-1")
    flow.error = flows.Error("x")
    copy = http.HTTPFlow.from_state(flow.get_state())
    assert copy.metadata[ATTEMPT_MARK] == "call-1"
    assert copy.request.url == URL
