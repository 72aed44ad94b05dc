"""Requests of captured calls are copied, those of others only passed on."""

from plexus.addons.exchange import Exchanges
from plexus.addons.inspection.capture import Capture
from plexus.addons.inspection.traced_upstream import Traced, TracedUpstream
from tests.addons.factories import exchange
from tests.addons.making import Scripted, sse, whole


async def test_a_captured_call_leaves_its_request_and_the_reply() -> None:
    exchanges, call = Exchanges(), exchange()
    call.capture = Capture(most=100, only_errors=False)
    exchanges.add(call)
    upstream = TracedUpstream(
        Scripted(whole(b'{"a":1}'), sse(b"data: 1\n\n", b"data: 2\n\n")), exchanges
    )
    first = await upstream.send("http://p.test/", {"x": "y"}, b"{}", call.id)
    assert await first.read_all() == b'{"a":1}'
    second = await upstream.send("http://p.test/", {}, b"{}", call.id)
    while await second.read_some():
        pass
    second.close()
    one, two = call.capture.sent
    assert (one.url, one.headers, one.body.content) == ("http://p.test/", {"x": "y"}, b"{}")
    assert (one.status, one.reply.content) == (200, b'{"a":1}')
    assert one.reply_headers["content-type"] == "application/json"
    assert two.reply.content == b"data: 1\n\ndata: 2\n\n"


async def test_other_calls_are_passed_on_as_they_are() -> None:
    exchanges, call = Exchanges(), exchange()
    exchanges.add(call)
    reply = whole(b"{}")
    upstream = TracedUpstream(Scripted(reply, reply), exchanges)
    assert await upstream.send("http://p.test/", {}, b"{}", call.id) is reply
    assert not isinstance(await upstream.send("http://p.test/", {}, b"{}", "a probe"), Traced)
    await upstream.close()
