"""From target to target, until one answers."""

import asyncio
from contextlib import suppress

import pytest

from plexus.addons.exchange import Buffered, Exchange, Reply, Streamed, Target
from plexus.addons.routing.cooldowns import Cooldowns
from plexus.addons.routing.health import Health
from plexus.addons.upstream.failover import Ways, first_success
from plexus.addons.upstream.relay import pump
from plexus.config.resilience import Failover
from plexus.transforms.assemble import collect
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import Text
from plexus.transforms.wire import JsonObject, dump, parse_object
from tests.addons.factories import DIALECTS, exchange, plan, provider, snapshot, target
from tests.addons.making import Replying, Scripted, sse, whole
from tests.fakes.native import chat
from tests.fakes.native.shapes import compact

BODY: JsonObject = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
THREE = (target("a/x"), target("b/y"), target("c/z"))
FRAMES = chat.stream(["Hel", "lo"])
FINE = compact(chat.text("Hello")).encode()
DOWN = GatewayError(Kind.UPSTREAM_DOWN, "could not reach http://a.test: no connection")


def call() -> Exchange:
    return exchange(model="m", body=BODY, raw=dump(BODY), plan=plan(*THREE))


def refusing(status: int, message: str = "no") -> Replying:
    return whole(compact(chat.error(status, message)).encode(), status=status)


async def asked(made: Exchange, upstream: Scripted, health: Health | None = None) -> Buffered:
    reply = await answered(made, upstream, health)
    assert isinstance(reply, Buffered)
    return reply


async def answered(made: Exchange, upstream: Scripted, health: Health | None = None) -> Reply:
    assert made.plan is not None
    ways = Ways(upstream=upstream, dialects=DIALECTS, health=health or Health())
    return await first_success(made, made.plan, ways)


def limited(name: str, calls: int = 1) -> Target:
    return target(name, provider=provider(name.partition("/")[0], max_concurrency=calls))


class Resting(Cooldowns):
    """Cooldowns that hold for certain targets, and note what they are told."""

    def __init__(self, *names: str) -> None:
        super().__init__(lambda: 0.0)
        self.names = names
        self.told: list[str] = []

    def blocked(self, target: Target) -> str | None:
        return "on cooldown for 9 s" if target.name in self.names else None

    def failed(self, target: Target, error: GatewayError, started: float) -> None:
        self.told.append(f"{target.name} failed")

    def succeeded(self, target: Target, started: float) -> None:
        self.told.append(f"{target.name} succeeded")


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


async def test_a_target_that_rests_is_passed_over_and_told() -> None:
    made, upstream = call(), Scripted(whole(FINE))
    await asked(made, upstream, Health(cooldowns=Resting("a/x")))
    assert [(a.target.name, a.skipped) for a in made.attempts] == [
        ("a/x", "on cooldown for 9 s"),
        ("b/y", None),
    ]


async def test_a_target_without_a_free_place_is_passed_over() -> None:
    health = Health()
    busy = limited("a/x")
    health.slots.take(busy)
    made, upstream = call(), Scripted(whole(FINE))
    made.plan = plan(busy, THREE[1])
    await asked(made, upstream, health)
    assert made.attempts[0].skipped == "concurrency limit of 1 reached for a"
    assert made.target is not None and made.target.name == "b/y"


@pytest.mark.parametrize(("resting", "kind"), [((), Kind.RATE_LIMITED), (("b/y",), "unavailable")])
async def test_with_nobody_free_the_reasons_are_told(resting: tuple[str, ...], kind: str) -> None:
    health = Health(cooldowns=Resting(*resting))
    busy = limited("a/x"), limited("b/y")
    for one in busy:
        health.slots.take(one)
    made, upstream = call(), Scripted()
    made.plan = plan(*busy)
    with pytest.raises(GatewayError, match="a/x: concurrency limit of 1 reached") as caught:
        await asked(made, upstream, health)
    assert caught.value.kind == kind


@pytest.mark.parametrize("reply", [whole(FINE), refusing(500), DOWN, RuntimeError("a bug")])
async def test_a_place_is_free_again_after_whatever_came(reply: Replying | Exception) -> None:
    health, made = Health(), call()
    made.plan = plan(limited("a/x"))
    with suppress(GatewayError, RuntimeError):
        await asked(made, Scripted(reply), health)
    assert health.slots.taken("a") == 0


async def test_a_stream_holds_its_place_until_it_is_closed() -> None:
    health, made = Health(), streaming(limited("a/x"))
    reply = await answered(made, Scripted(sse(*FRAMES)), health)
    assert isinstance(reply, Streamed) and health.slots.taken("a") == 1
    reply.close()
    reply.close()
    assert health.slots.taken("a") == 0


async def test_a_search_that_is_cancelled_gives_its_place_back() -> None:
    health, made = Health(), call()
    made.plan = plan(limited("a/x"))
    upstream = Scripted(asyncio.Event())
    work = asyncio.ensure_future(asked(made, upstream, health))
    await upstream.arrived.wait()
    assert health.slots.taken("a") == 1
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert health.slots.taken("a") == 0


async def test_every_end_is_booked_once() -> None:
    cooldowns = Resting()
    await asked(call(), Scripted(DOWN, refusing(500), whole(FINE)), Health(cooldowns=cooldowns))
    assert cooldowns.told == ["a/x failed", "b/y failed", "c/z succeeded"]


async def test_a_stream_is_booked_at_its_end_not_at_its_beginning() -> None:
    cooldowns = Resting()
    made = streaming(target("a/x"))
    reply = await answered(made, Scripted(sse(*FRAMES)), Health(cooldowns=cooldowns))
    assert isinstance(reply, Streamed) and cooldowns.told == []
    reply.settle(DOWN)
    assert cooldowns.told == ["a/x failed"]
    assert [attempt.error for attempt in made.attempts] == [DOWN]


@pytest.mark.parametrize(
    ("status", "asked_keys"), [(429, ["k1", "k2"]), (401, ["k1", "k2"]), (500, ["k1"])]
)
async def test_another_key_is_tried_only_where_it_may_help(
    status: int, asked_keys: list[str]
) -> None:
    made, upstream = call(), Scripted(*(refusing(status) for _ in asked_keys), whole(FINE))
    made.plan = plan(*(target("a/x", api_key=key) for key in ("k1", "k2")), THREE[1])
    await asked(made, upstream)
    keys = [sent.headers.get("authorization", "").removeprefix("Bearer ") for sent in upstream.sent]
    assert keys == [*asked_keys, ""]


async def test_an_answer_with_nothing_in_it_moves_on() -> None:
    nothing = compact(chat.text("")).encode()
    made, upstream = call(), Scripted(whole(nothing), whole(FINE))
    assert (await asked(made, upstream)).body == FINE
    assert [a.error and a.error.code for a in made.attempts] == ["empty", None]


async def test_the_last_answer_with_nothing_in_it_is_given_as_it_is() -> None:
    nothing = compact(chat.text("")).encode()
    made, upstream = call(), Scripted(DOWN, DOWN, whole(nothing))
    assert (await asked(made, upstream)).body == nothing


@pytest.mark.parametrize(("dialect", "noted"), [("responses", "resp_1"), ("chat", None)])
async def test_the_id_of_an_answer_is_noted_where_the_next_turn_may_refer_to_it(
    dialect: str, noted: str | None
) -> None:
    asks = plan(target("a/x", provider=provider("a", urls={dialect: "http://a.test/v1"})))
    made = exchange(dialect=DIALECTS[dialect], model="m", body=BODY, raw=dump(BODY), plan=asks)
    answer = compact({"id": "resp_1", "object": "response", "status": "completed", "output": []})
    await asked(made, Scripted(whole(answer.encode())))
    assert made.response_id == noted


async def test_with_failover_off_only_the_first_is_asked() -> None:
    made, upstream = call(), Scripted(DOWN, whole(FINE))
    made.snapshot = snapshot(failover=Failover(enabled=False))
    with pytest.raises(GatewayError):
        await asked(made, upstream)
    assert len(upstream.sent) == 1


def streaming(*targets: Target, **other: bool) -> Exchange:
    body: JsonObject = {**BODY, "stream": True}
    made = exchange(model="m", body=body, raw=dump(body), stream=True)
    made.plan = plan(*targets, **other)
    return made


async def pumped(made: Exchange, upstream: Scripted, health: Health | None = None) -> bytes:
    """What the client gets."""
    reply = await answered(made, upstream, health)
    assert isinstance(reply, Streamed)
    out: list[bytes] = []

    async def write(data: bytes) -> None:
        out.append(data)

    await pump(made, reply, write)
    return b"".join(out)


async def test_a_stream_that_breaks_off_is_finished_by_the_next_target() -> None:
    cooldowns = Resting()
    made = streaming(*THREE, continue_stream=True)
    broken = sse(*chat.stream(["Hel", "lo"])[:2], DOWN)
    rest = sse(*chat.stream(["lo ", "there"]))
    upstream = Scripted(broken, rest)
    out = await pumped(made, upstream, Health(cooldowns=cooldowns))
    read = DIALECTS["chat"].chat.stream_decoder()
    answer = collect([*read.feed(out), *read.close()])
    assert [part.text for part in answer.parts if isinstance(part, Text)] == ["Hello there"]
    assert cooldowns.told == ["a/x failed", "b/y succeeded"]
    assert [(a.target.name, a.error) for a in made.attempts] == [("a/x", DOWN), ("b/y", None)]
    asked_again = parse_object(upstream.sent[1].body)["messages"]
    assert isinstance(asked_again, list)
    assert asked_again[1] == {"role": "assistant", "content": "Hel"}
    assert [note.path for note in made.receipt if note.action == "invented"] == ["content"]


async def test_without_that_wish_the_client_is_told_of_the_break() -> None:
    made = streaming(*THREE)
    upstream = Scripted(sse(*chat.stream(["Hel", "lo"])[:2], DOWN), sse(*FRAMES))
    out = await pumped(made, upstream)
    assert b"could not reach" in out and len(upstream.sent) == 1


async def test_a_break_that_nobody_can_mend_is_told() -> None:
    made = streaming(*THREE, continue_stream=True)
    upstream = Scripted(sse(*chat.stream(["Hel", "lo"])[:2], DOWN), DOWN, DOWN)
    out = await pumped(made, upstream)
    assert b"could not reach" in out and len(upstream.sent) == 3


async def test_a_stream_that_its_client_let_go_of_says_nothing_about_the_target() -> None:
    cooldowns, made = Resting(), streaming(target("a/x"))
    made.closed = True
    await pumped(made, Scripted(sse(FRAMES[0])), Health(cooldowns=cooldowns))
    assert cooldowns.told == []
