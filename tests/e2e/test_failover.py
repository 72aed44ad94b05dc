"""What becomes of a call whose first target fails before a word was said (dataplane.md §3.3)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from plexus.config.snapshot import Snapshot
from tests.e2e.two_targets import SECOND, Two, two, words_of
from tests.fakes import script
from tests.fakes.native import chat, gemini, messages
from tests.fakes.script import Reply

STREAMED = pytest.mark.parametrize("stream", [False, True])
RETRYABLE = (400, 401, 402, 403, 404, 408, 409, 418, 429, 500, 502, 503, 529)
MALFORMED = {
    "candidates": [{"content": {"parts": []}, "finishReason": "MALFORMED_FUNCTION_CALL"}],
    "modelVersion": "big",
}


def refusal(status: int, message: str = "no", **headers: str) -> Reply:
    return script.json_reply(chat.error(status, message), status=status, headers=headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """A reply that is a failure; `rests` says whether the target comes to rest after it."""

    reply: Callable[[], Reply]
    status: int | None
    rests: bool


UNREADABLE = {
    "empty": Failing(reply=script.empty, status=200, rests=False),
    "html": Failing(reply=script.html, status=200, rests=False),
    "half a json": Failing(
        reply=lambda: script.body_reply(b'{"choices": [', headers=script.JSON),
        status=200,
        rests=False,
    ),
    "json of another kind": Failing(
        reply=lambda: script.body_reply(b'"fine"', headers=script.JSON), status=200, rests=False
    ),
    "reset": Failing(reply=script.reset, status=None, rests=True),
    "an error with status 200": Failing(
        reply=lambda: script.json_reply(chat.error(500, "broken inside")), status=200, rests=True
    ),
    "a redirect": Failing(reply=lambda: script.empty(307), status=307, rests=True),
}


@STREAMED
@pytest.mark.parametrize("status", RETRYABLE)
async def test_a_refusal_is_answered_by_the_next_target(
    tmp_path: Path, status: int, stream: bool
) -> None:
    async with two(tmp_path) as stage:
        stage.first.always(refusal(status))
        reply = await stage.ask(stream=stream)
        assert (reply.status_code, words_of(reply)) == (200, SECOND)
        assert await stage.history() == [("first", "failed", status), ("second", "success", 200)]
        assert stage.resting() == ([] if status == 400 else ["first"])
        assert await asked(stage) == (1, 1)


@STREAMED
@pytest.mark.parametrize("case", UNREADABLE.values(), ids=UNREADABLE)
async def test_a_reply_that_is_none_is_answered_by_the_next_target(
    tmp_path: Path, case: Failing, stream: bool
) -> None:
    async with two(tmp_path) as stage:
        stage.first.always(case.reply())
        reply = await stage.ask(stream=stream)
        assert (reply.status_code, words_of(reply)) == (200, SECOND)
        expected = [("first", "failed", case.status), ("second", "success", 200)]
        assert await stage.history() == expected
        assert stage.resting() == (["first"] if case.rests else [])


@STREAMED
async def test_a_refused_connection_is_answered_by_the_next_target(
    tmp_path: Path, stream: bool
) -> None:
    async with two(tmp_path) as stage:
        await stage.first.refuse()
        reply = await stage.ask(stream=stream)
        assert (reply.status_code, words_of(reply)) == (200, SECOND)
        failed, served = await stage.told()
        assert (failed["provider"], failed["retryable"]) == ("first", True)
        assert "no connection" in failed["reason"]
        assert (served["provider"], served["status"]) == ("second", "success")
        assert stage.resting() == ["first"]


@STREAMED
@pytest.mark.parametrize(("status", "told"), [(413, 413), (422, 400)])
async def test_what_is_too_much_for_one_is_too_much_for_all(
    tmp_path: Path, status: int, told: int, stream: bool
) -> None:
    async with two(tmp_path) as stage:
        stage.first.always(refusal(status, "far too much"))
        reply = await stage.ask(stream=stream)
        assert reply.status_code == told
        assert reply.json()["error"]["message"] == "far too much"
        assert await stage.history() == [("first", "failed", status)]
        assert stage.resting() == []
        assert await asked(stage) == (1, 0)


@STREAMED
async def test_only_the_statuses_and_words_of_the_configuration_move_on(
    tmp_path: Path, stream: bool
) -> None:
    rules = "failover: {retryableStatusCodes: [503], retryableErrors: [Try Elsewhere]}\n"
    async with two(tmp_path, more=rules) as stage:
        outcomes = [
            await served_by_second(stage, refusal(status, words), stream=stream)
            for status, words in [
                (500, "no"),
                (503, "no"),
                (409, "try elsewhere, ok?"),
                (402, "no"),
            ]
        ]
    assert outcomes == [False, True, True, True]


@STREAMED
async def test_with_failover_off_the_first_error_is_the_answer(
    tmp_path: Path, stream: bool
) -> None:
    async with two(tmp_path, more="failover: {enabled: false}\n") as stage:
        stage.first.always(refusal(503, "busy now"))
        reply = await stage.ask(stream=stream)
        assert (reply.status_code, reply.json()["error"]["message"]) == (503, "busy now")
        assert await asked(stage) == (1, 0)


@STREAMED
async def test_a_target_that_takes_too_long_is_given_up(tmp_path: Path, stream: bool) -> None:
    async with two(tmp_path, first=", timeoutMs: 60") as stage:
        stage.first.always(script.stalled(asyncio.Event()))
        reply = await stage.ask(stream=stream)
        assert (reply.status_code, words_of(reply)) == (200, SECOND)
        assert await stage.history() == [("first", "failed", None), ("second", "success", 200)]
        assert stage.resting() == ["first"]
        assert await (await stage.first.received()).ended() == "closed"


@STREAMED
async def test_a_timeout_of_the_last_target_is_a_504(tmp_path: Path, stream: bool) -> None:
    async with two(tmp_path, first=", timeoutMs: 60") as stage:
        stage.gateway.gateway.services.config.current = without_second(stage)
        stage.first.always(script.stalled(asyncio.Event()))
        reply = await stage.ask(stream=stream)
        assert reply.status_code == 504
        assert "first/big did not answer within 0.06 s" in reply.json()["error"]["message"]
        assert (await stage.row()).response_status == "timeout"


def without_second(stage: Two) -> Snapshot:
    config = stage.gateway.gateway.services.config.current
    alias = config.aliases["m"]
    (group,) = alias.groups
    lone = replace(alias, groups=(replace(group, targets=group.targets[:1]),))
    return replace(config, aliases={"m": lone})


@STREAMED
async def test_a_bug_of_ours_is_nobody_elses_failure(tmp_path: Path, stream: bool) -> None:
    async with two(tmp_path) as stage:
        holder = stage.gateway.gateway.services.config
        broken = replace(holder.current.providers["first"], urls={"chat": 7})  # type: ignore[dict-item]  # on purpose
        providers = {**holder.current.providers, "first": broken}
        holder.current = replace(holder.current, providers=providers)
        reply = await stage.ask(stream=stream)
        assert reply.status_code == 500
        assert stage.resting() == []
        assert await asked(stage) == (0, 0)
        assert stage.slots() == 0


@STREAMED
async def test_when_all_fail_the_client_reads_who_was_asked_and_why(
    tmp_path: Path, stream: bool
) -> None:
    async with two(tmp_path) as stage:
        stage.first.always(refusal(500, "on fire"))
        stage.second.always(refusal(429, "slow down", **{"retry-after": "7"}))
        reply = await stage.ask(stream=stream)
        error = reply.json()["error"]
        assert (reply.status_code, reply.headers["retry-after"]) == (429, "7")
        assert error["message"] == (
            "all targets failed: first/big (500), second/big (429). Last reason: slow down"
        )
        assert await stage.history() == [("first", "failed", 500), ("second", "failed", 429)]
        assert (await stage.row()).attempt_count == 2


async def test_an_empty_answer_moves_on_and_is_no_reason_to_rest(tmp_path: Path) -> None:
    async with two(tmp_path) as stage:
        stage.first.always(script.json_reply(chat.text(" \n")))
        reply = await stage.ask()
        assert words_of(reply) == SECOND
        failed, _ = await stage.told()
        assert (failed["statusCode"], "answered with nothing" in failed["reason"]) == (200, True)
        assert stage.resting() == []


async def test_the_last_empty_answer_is_given_as_it_is(tmp_path: Path) -> None:
    async with two(tmp_path) as stage:
        stage.first.always(refusal(500))
        stage.second.always(script.json_reply(chat.text("")))
        reply = await stage.ask()
        assert (reply.status_code, words_of(reply)) == (200, "")
        assert await stage.history() == [("first", "failed", 500), ("second", "success", 200)]


@STREAMED
async def test_a_tool_call_that_is_none_is_asked_for_once_more_and_then_told(
    tmp_path: Path, stream: bool
) -> None:
    async with two(tmp_path, dialects=("gemini", "chat")) as stage:
        frames = [b"data: " + script.json_reply(MALFORMED).steps[0] + b"\r\n\r\n"]  # type: ignore[operator]  # bytes
        stage.first.always(script.stream(frames) if stream else script.json_reply(MALFORMED))
        reply = await stage.ask(stream=stream)
        error = reply.json()["error"]
        assert (reply.status_code, error["code"]) == (503, "upstream_malformed_function_call")
        assert await stage.history() == [("first", "failed", 200)]
        assert stage.resting() == []
        assert await asked(stage) == (2, 0)


@STREAMED
async def test_each_client_reads_of_the_failure_in_its_own_format(
    tmp_path: Path, stream: bool
) -> None:
    async with two(tmp_path, dialects=("messages", "gemini")) as stage:
        stage.first.always(script.json_reply(messages.error(529, "overloaded"), status=529))
        stage.second.always(script.json_reply(gemini.error(503, "unavailable"), status=503))
        reply = await stage.ask(stream=stream)
        assert reply.status_code == 503
        assert set(reply.json()["error"]) >= {"message", "type", "code", "param"}
        assert "first/big (529), second/big (503)" in reply.json()["error"]["message"]


async def served_by_second(stage: Two, failure: Reply, *, stream: bool) -> bool:
    stage.first.always(failure)
    stage.gateway.gateway.services.health.cooldowns.clear()
    reply = await stage.ask(stream=stream)
    if reply.status_code != 200:
        return False
    assert words_of(reply) == SECOND
    return True


async def asked(stage: Two) -> tuple[int, int]:
    """How often each provider was."""
    await stage.gateway.gateway.services.exchanges.wait_empty()
    return len(stage.first.requests), len(stage.second.requests)
