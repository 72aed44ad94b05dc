"""What is known about a call."""

import asyncio

from plexus.addons.exchange import Attempt, Exchanges, Timeline
from plexus.transforms.errors import GatewayError, Kind
from tests.addons.factories import DIALECTS, exchange, target


def test_the_first_mark_of_a_name_counts() -> None:
    timeline = Timeline()
    timeline.mark("headers")
    first = timeline.ms("headers")
    timeline.mark("headers")
    assert timeline.ms("headers") == first
    assert timeline.ms("never") is None


def test_marks_are_told_in_order_as_ms_since_the_start() -> None:
    timeline = Timeline()
    for name in ("received", "parsed", "done"):
        timeline.mark(name)
    told = timeline.as_json()
    assert list(told) == ["received", "parsed", "done"]
    values = [value for value in told.values() if isinstance(value, float)]
    assert values == sorted(values) and values[0] >= 0
    assert timeline.elapsed_ms() >= values[-1]


def test_an_attempt_tells_its_story_without_secrets() -> None:
    failed = Attempt(
        target=target("acme/fast"),
        dialect=DIALECTS["chat"],
        started=1.0,
        ended=1.25,
        status=503,
        error=GatewayError(Kind.OVERLOADED, "busy"),
        retryable=True,
    )
    assert failed.as_json() == {
        "provider": "acme",
        "model": "fast",
        "apiType": "chat",
        "status": "failed",
        "reason": "busy",
        "statusCode": 503,
        "retryable": True,
        "repairs": [],
        "ms": 250.0,
    }


def test_the_provider_speaks_the_last_attempts_format() -> None:
    call = exchange()
    assert call.spoken is DIALECTS["chat"]
    assert call.target is None
    call.attempts.append(Attempt(target=target("a/x"), dialect=DIALECTS["messages"]))
    assert call.spoken is DIALECTS["messages"]
    assert call.target == target("a/x")


async def test_calls_under_way_are_found_by_their_flow_and_forgotten() -> None:
    calls = Exchanges()
    call = exchange()
    calls.add(call)
    assert calls.get(call.id) is call
    assert (len(calls), calls.open()) == (1, [call])
    waiting = asyncio.ensure_future(calls.wait_empty())
    await asyncio.sleep(0)
    assert not waiting.done()
    calls.drop(call.id)
    calls.drop(call.id)  # twice does no harm
    await waiting
    assert calls.get(call.id) is None


def test_a_target_that_was_passed_over_is_told_but_was_not_tried() -> None:
    call = exchange()
    call.attempts.append(Attempt(target=target("a/x"), dialect=DIALECTS["messages"]))
    call.attempts.append(Attempt(target=target("b/y"), skipped="on cooldown"))
    told = call.attempts[1].as_json()
    assert (told["status"], told["reason"]) == ("skipped", "on cooldown")
    assert call.target is not None and call.target.name == "a/x"
    assert call.spoken is DIALECTS["messages"]


def test_keys_of_one_provider_are_told_apart_without_being_shown() -> None:
    one, two = (target("a/x", api_key=f"sk-secret-{n}") for n in (1, 2))
    assert one.credential != two.credential and target("a/x", api_key=None).credential == ""
    assert "secret" not in repr(one) + one.credential


def test_a_responses_answer_has_an_id_of_its_own() -> None:
    call = exchange(dialect=DIALECTS["responses"])
    assert call.answer_id == "resp_11111111111141118111111111111111"
    assert exchange(dialect=DIALECTS["chat"]).answer_id is None
