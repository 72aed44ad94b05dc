"""From target to target, until one answers."""

import asyncio

import pytest

from plexus.addons.exchange import Buffered, Exchange
from plexus.addons.upstream.failover import first_success, may_go_on
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import JsonObject, dump
from tests.addons.factories import DIALECTS, exchange, plan, target
from tests.addons.making import Replying, Scripted, whole
from tests.fakes.native import chat
from tests.fakes.native.shapes import compact

BODY: JsonObject = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
THREE = (target("a/x"), target("b/y"), target("c/z"))
FINE = compact(chat.text("Hello")).encode()
DOWN = GatewayError(Kind.UPSTREAM_DOWN, "could not reach http://a.test: no connection")


def call() -> Exchange:
    return exchange(model="m", body=BODY, raw=dump(BODY), plan=plan(*THREE))


def refusing(status: int, message: str = "no") -> Replying:
    return whole(compact(chat.error(status, message)).encode(), status=status)


async def asked(made: Exchange, upstream: Scripted) -> Buffered:
    assert made.plan is not None
    reply = await first_success(made, made.plan, upstream, DIALECTS)
    assert isinstance(reply, Buffered)
    return reply


async def test_the_first_target_that_answers_is_the_last_that_is_asked() -> None:
    made, upstream = call(), Scripted(whole(FINE))
    assert (await asked(made, upstream)).body == FINE
    assert [sent.url for sent in upstream.sent] == ["http://a.test/v1/chat/completions"]
    assert [(a.target.name, a.status, a.error) for a in made.attempts] == [("a/x", 200, None)]


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 408, 409, 418, 429, 500, 503, 529])
async def test_a_refusal_moves_on_to_the_next_target(status: int) -> None:
    made, upstream = call(), Scripted(refusing(status), whole(FINE))
    await asked(made, upstream)
    assert [a.status for a in made.attempts] == [status, 200]
    assert made.target is not None and made.target.name == "b/y"


@pytest.mark.parametrize("status", [413, 422])
async def test_a_request_that_nobody_could_take_is_not_sent_on(status: int) -> None:
    made, upstream = call(), Scripted(refusing(status, "too much"))
    with pytest.raises(GatewayError, match="too much") as caught:
        await asked(made, upstream)
    assert caught.value.upstream_status == status
    assert len(upstream.sent) == 1


async def test_a_target_that_cannot_be_reached_is_passed_over() -> None:
    made, upstream = call(), Scripted(DOWN, DOWN, whole(FINE))
    await asked(made, upstream)
    assert [a.error for a in made.attempts] == [DOWN, DOWN, None]


async def test_what_one_target_cannot_express_another_may() -> None:
    mute = target("mute/x", provider=THREE[0].provider.__class__(name="mute", urls={}))
    made, upstream = call(), Scripted(whole(FINE))
    made.plan = plan(mute, THREE[0])
    await asked(made, upstream)
    assert [a.error and a.error.kind for a in made.attempts] == [Kind.UNSUPPORTED, None]


async def test_when_all_fail_the_error_lists_each_with_the_last_reason() -> None:
    made = call()
    timeout = GatewayError(Kind.UPSTREAM_TIMEOUT, "too slow")
    limited = refusing(429, "slow down")
    limited.headers = {**limited.headers, "retry-after": "7"}
    with pytest.raises(GatewayError) as caught:
        await asked(made, Scripted(DOWN, timeout, limited))
    assert caught.value.message == (
        "all targets failed: a/x (network), b/y (upstream_timeout), c/z (429). "
        "Last reason: slow down"
    )
    assert (caught.value.kind, caught.value.upstream_status) == (Kind.RATE_LIMITED, 429)
    assert caught.value.retry_after == 7
    assert len(made.attempts) == 3


async def test_a_single_failure_is_told_as_it_is() -> None:
    made = call()
    made.plan = plan(THREE[0])
    with pytest.raises(GatewayError) as caught:
        await asked(made, Scripted(DOWN))
    assert caught.value is DOWN


async def test_a_bug_of_ours_is_no_reason_to_ask_the_next() -> None:
    made, upstream = call(), Scripted(RuntimeError("a bug"), whole(FINE))
    with pytest.raises(RuntimeError, match="a bug"):
        await asked(made, upstream)
    assert len(upstream.sent) == 1


async def test_cancelling_ends_the_search() -> None:
    made, upstream = call(), Scripted(asyncio.Event(), whole(FINE))
    work = asyncio.ensure_future(asked(made, upstream))
    await upstream.arrived.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert len(made.attempts) == 1 and made.attempts[0].ended is not None


@pytest.mark.parametrize("kind", Kind)
def test_only_what_may_go_better_elsewhere_goes_on(kind: Kind) -> None:
    own = {
        Kind.BAD_REQUEST, Kind.UNAUTHENTICATED, Kind.TOO_LARGE, Kind.CONTEXT_OVERFLOW,
        Kind.FILTERED, Kind.QUOTA, Kind.UNAVAILABLE, Kind.INTERNAL,
    }  # fmt: skip
    assert may_go_on(GatewayError(kind, "why")) is (kind not in own)
    # With a status of the provider it is the status that decides.
    assert may_go_on(GatewayError(kind, "why", upstream_status=400))
    assert not may_go_on(GatewayError(kind, "why", upstream_status=422))
