"""Real clients' requests reach providers of other formats, and the answers reach the clients.

Each is sent for every foreign provider, which calls all tools that it was offered; then the
client's next request goes, with that answer and the results.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from plexus.transforms.wire import JsonObject, dump, dump_text, parse_object, try_parse
from tests.fakes.native.shapes import Call, Thought, said
from tests.fakes.script import Reply as ScriptedReply
from tests.matrix.asked import Asked
from tests.matrix.client_requests import Replay, replays
from tests.matrix.reading import read
from tests.matrix.replies import Reply, follow_up, read_reply
from tests.matrix.stage import KEY, Pair, Stage, answer, staged
from tests.matrix.targets import BASE, VENDORS, Target

pytestmark = pytest.mark.asyncio(loop_scope="module")

BILLING = "x-anthropic-billing-header"  # Claude Code's, for Anthropic alone
WORDS = "first line\nzweite Zeile: ü"
WHY_NONE = "no captured requests: set PLEXUS_CLIENT_DIR to their folder"

CALLS = [
    pytest.param(replay, target, id=f"{replay.name}→{target.name}")
    for replay in replays()
    for target in (*BASE, *VENDORS)
    if target.dialect != replay.dialect
] or [pytest.param(None, None, id="none", marks=pytest.mark.skip(reason=WHY_NONE))]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """One gateway for all of them."""
    async with staged(tmp_path_factory.mktemp("clients")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """A client that adds nothing of its own."""
    async with httpx.AsyncClient(timeout=30) as client:
        yield client


@pytest.mark.parametrize(("replay", "target"), CALLS)
async def test_a_clients_request_and_the_answer_to_it_cross_over(
    stage: Stage, http: httpx.AsyncClient, replay: Replay, target: Target
) -> None:
    pair = stage.pair(replay.dialect, target)
    first = await exchange(pair, http, replay.to(pair.alias), calls=True)
    check_arrival(read(replay.dialect, replay.body), pair.asked(0))
    assert first.text == "Let me see."
    check_calls(replay, first, offered=len(pair.asked(0).tools))
    body = follow_up(replay.dialect, replay.body, first, "fine")
    again = Replay(
        name=replay.name,
        dialect=replay.dialect,
        path=replay.path,
        headers=replay.headers,
        body=body,
    )
    last = await exchange(pair, http, again.to(pair.alias), calls=False)
    assert (last.text, last.calls) == ("Done.", ())
    asked = pair.asked(1)
    assert len(asked.calls) >= len(first.calls)
    assert asked.results.count("fine") == len(first.calls)


async def exchange(pair: Pair, http: httpx.AsyncClient, replay: Replay, *, calls: bool) -> Reply:
    """Send a request; the provider calls every tool that it is offered, or says that it is done."""
    pair.provider.script(lambda received: answer_to(pair, parse_object(received.raw), calls=calls))
    reply = await http.post(
        pair.gateway.url + replay.path,
        headers=[*replay.headers, ("authorization", f"Bearer {KEY}")],
        content=dump(replay.body),
    )
    assert reply.status_code == 200, reply.text
    pair.asked()  # raises if the provider would refuse it
    return read_reply(replay.dialect, reply.content, stream=replay.stream)


def answer_to(pair: Pair, body: JsonObject, *, calls: bool) -> ScriptedReply:
    """What the provider says to a request."""
    streamed = body.get("stream") is True or "stream" in pair.provider.requests[-1].path
    if not calls:
        return answer(pair.native, said("Done."), streamed=streamed)
    asked = read(pair.target.dialect, body)
    tools = [
        Call(name=name, id=pair.new_id(), arguments=WORDS, custom=True)
        if name in asked.freeform
        else Call(name=name, id=pair.new_id(), arguments=dump_text({"input": WORDS}))
        for name in asked.tools
    ]
    return answer(
        pair.native, Thought(text="Hm."), said("Let me ", "see."), *tools, streamed=streamed
    )


def check_arrival(sent: Asked, got: Asked) -> None:
    """All that the client said must be there, in whatever place the format has for it."""
    heard = "\n".join((got.system, *got.said))
    for text in (*sent.said, *sent.system.split("\n")):
        assert text in heard or text.startswith(BILLING), f"lost: {text[:200]}"
    assert got.files == sent.files
    assert len(got.calls) == len(sent.calls)
    results = [try_parse(text) or text for text in got.results]
    for result in sent.results:
        assert (try_parse(result) or result) in results or result in heard, f"lost: {result[:200]}"


def check_calls(replay: Replay, reply: Reply, *, offered: int) -> None:
    """Every call must be of one of the client's own tools, as the client knows it."""
    known = replay.tools()
    assert reply.called <= known, f"unknown: {sorted(map(str, reply.called - known))}"
    assert len(reply.calls) == offered
    for (kind, _, name), arguments in reply.calls:
        value = arguments if kind == "custom" else parse_object(arguments)["input"]
        assert value == WORDS, name
