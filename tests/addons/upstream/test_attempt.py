"""One try at one target: only a reply that has begun well is a success."""

import asyncio

import pytest

from plexus.addons.exchange import Attempt, Buffered, Exchange, Reply, Streamed, Target
from plexus.addons.upstream.attempt import make_pipe, try_target
from plexus.addons.upstream.outgoing import prepare
from plexus.addons.upstream.time_limits import TimeLimits
from plexus.config.resilience import Stall
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.transcode import Passthrough, Transcoder
from plexus.transforms.wire import JsonObject, dump
from tests.addons.factories import DIALECTS, exchange, head, plan, provider, snapshot, target
from tests.addons.making import Replying, Scripted, Step, sse, whole
from tests.fakes.native import chat, gemini, messages
from tests.fakes.native.shapes import Tokens, compact

FRAMES = chat.stream(["Hel", "lo"], tokens=Tokens(prompt=10, output=5))
FINE = compact(chat.text("Hello", tokens=Tokens(prompt=10, output=5))).encode()
UNREADABLE = b'{"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL"}]}'
BODY: JsonObject = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


def at(dialect: str = "chat", **other: object) -> Target:
    urls = {dialect: "http://acme.test/v1"}
    return target("acme/big", provider=provider("acme", urls=urls, **other))


def call(**other: object) -> Exchange:
    return exchange(**{"model": "m", "body": BODY, "raw": dump(BODY), **other})


def streaming(**other: object) -> Exchange:
    body: JsonObject = {**BODY, "stream": True}
    return call(**{"stream": True, "body": body, "raw": dump(body), **other})


async def tried(
    made: Exchange, reply: Replying | Exception | asyncio.Event, where: Target | None = None
) -> Reply:
    attempt = Attempt(target=at() if where is None else where)
    made.attempts.append(attempt)
    return await try_target(made, attempt, Scripted(reply), DIALECTS, TimeLimits())


async def refused(made: Exchange, reply: Replying | Exception | asyncio.Event) -> GatewayError:
    """The failure of a try, which must also stand in the attempt, with its connection closed."""
    with pytest.raises(GatewayError) as caught:
        await tried(made, reply)
    (attempt,) = made.attempts
    assert attempt.error is caught.value and attempt.ended is not None
    assert not isinstance(reply, Replying) or reply.closed
    return caught.value


async def read(streamed: Streamed) -> bytes:
    found = streamed.first
    while data := await streamed.read():
        found += data
    return found


async def test_a_whole_answer_is_a_success() -> None:
    made = call()
    reply = await tried(made, whole(FINE))
    assert isinstance(reply, Buffered) and reply.body == FINE
    (attempt,) = made.attempts
    assert (attempt.status, attempt.error, attempt.passthrough) == (200, None, True)
    assert attempt.dialect is DIALECTS["chat"]
    assert attempt.ended is not None and attempt.ended >= attempt.started > 0
    assert list(made.timeline.as_json()) == ["transformed", "headers", "upstream_done"]


async def test_a_translated_answer_says_what_was_lost() -> None:
    body: JsonObject = {**BODY, "seed": 7}
    made = call(body=body, raw=dump(body))
    answer = whole(compact(messages.text("Hello")).encode())
    await tried(made, answer, at("messages"))
    assert "seed" in " ".join(note.path for note in made.receipt)
    assert not made.attempts[0].passthrough


async def test_a_stream_is_a_success_once_its_first_event_is_here() -> None:
    made, reply = streaming(), sse(*FRAMES)
    streamed = await tried(made, reply)
    assert isinstance(streamed, Streamed)
    assert streamed.first == FRAMES[0]
    assert await read(streamed) == b"".join(FRAMES)
    assert reply.closed == 0  # that is the pump's business
    assert streamed.headers == {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-cache",
        "x-accel-buffering": "no",
    }
    assert "upstream_first_event" in made.timeline.as_json()


async def test_what_comes_before_the_first_event_and_pieces_of_it_are_waited_for_and_kept() -> None:
    pieces = [b": hello\n\n", b"\r\n", *(FRAMES[0][i : i + 1] for i in range(len(FRAMES[0])))]
    streamed = await tried(streaming(), sse(*pieces, *FRAMES[1:]))
    assert isinstance(streamed, Streamed)
    assert streamed.first == b"".join(pieces)
    assert await read(streamed) == b"".join(pieces) + b"".join(FRAMES[1:])


@pytest.mark.parametrize(
    ("dialect", "frame"),
    [
        ("chat", chat.stream_error("too busy")),
        ("messages", messages.stream_error("too busy")),
        ("gemini", gemini.stream_error("too busy")),
    ],
)
async def test_a_stream_that_begins_with_an_error_is_a_failure(dialect: str, frame: bytes) -> None:
    made, reply = streaming(), sse(b": ping\n\n", frame, *FRAMES)
    with pytest.raises(GatewayError, match="too busy"):
        await tried(made, reply, at(dialect))
    assert reply.closed == 1


@pytest.mark.parametrize("steps", [[], [b"\n\n"], [b"\r\n"]])
async def test_an_empty_stream_is_a_failure(steps: list[bytes]) -> None:
    error = await refused(streaming(), sse(*steps))
    assert error.kind is Kind.UPSTREAM_INVALID
    assert error.message == "http://acme.test answered 200 with an empty stream"


async def test_a_stream_of_comments_alone_is_a_failure() -> None:
    error = await refused(streaming(), sse(b": ping\n\n", b": ping\n\n"))
    assert error.kind is Kind.UPSTREAM_INVALID


async def test_a_stream_of_nothing_but_its_end_is_a_failure() -> None:
    error = await refused(streaming(), sse(b"data: [DONE]\n\n"))
    assert error.message == "http://acme.test answered 200 with no event"


async def test_a_stream_that_begins_with_an_unreadable_event_is_a_failure() -> None:
    error = await refused(streaming(), sse(b'data: {"choi\n\n', *FRAMES))
    assert error.message == "http://acme.test answered 200 with an event that is not JSON"


async def test_a_stream_that_breaks_off_before_its_first_event_is_a_failure() -> None:
    broken = GatewayError(Kind.UPSTREAM_DOWN, "the connection broke")
    steps: list[Step] = [FRAMES[0][:10], broken]
    reply = Replying(headers={"content-type": "text/event-stream"}, steps=steps)
    assert await refused(streaming(), reply) is broken


@pytest.mark.parametrize("with_length", [True, False])
async def test_a_provider_that_answers_whole_is_told_as_a_stream(with_length: bool) -> None:
    headers = {"content-type": "application/json"}
    headers |= {"content-length": str(len(FINE))} if with_length else {}
    made = streaming()
    streamed = await tried(made, Replying(headers=headers, steps=[FINE[:20], FINE[20:]]))
    assert isinstance(streamed, Streamed)
    assert streamed.headers["content-type"].startswith("text/event-stream")
    text = streamed.pipe.feed(await read(streamed)) + streamed.pipe.close()
    assert text.startswith(b"data: ") and text.endswith(b"data: [DONE]\n\n")
    assert b"Hello" in text and b'"error"' not in text
    assert streamed.pipe.usage is not None and streamed.pipe.usage.output == 5


async def test_an_error_in_a_whole_answer_to_a_stream_is_a_failure() -> None:
    body = compact(chat.error(429, "slow down")).encode()
    for headers in ({}, {"content-length": str(len(body))}):
        reply = Replying(headers={"content-type": "application/json", **headers}, steps=[body])
        assert "slow down" in (await refused(streaming(), reply)).message


async def test_a_provider_that_insists_on_streaming_is_collected() -> None:
    made = call()
    reply = await tried(made, sse(*FRAMES))
    assert isinstance(reply, Buffered) and reply.headers["content-type"] == "application/json"
    assert b"Hello" in reply.body
    assert made.usage is not None and made.usage.output == 5


async def test_a_json_array_is_a_stream_too() -> None:
    where = head("/v1beta/models/m:streamGenerateContent")
    match = DIALECTS["gemini"].match(where)
    assert match is not None
    asked: JsonObject = {"contents": [{"parts": [{"text": "Hi"}]}]}
    made = call(
        dialect=DIALECTS["gemini"], head=where, match=match, stream=True, body=asked,
        raw=dump(asked),
    )  # fmt: skip
    pieces = gemini.array(gemini.stream(["Hel", "lo"]))
    reply = Replying(headers={"content-type": "application/json"}, steps=list(pieces))
    streamed = await tried(made, reply, at("gemini"))
    assert isinstance(streamed, Streamed)
    assert await read(streamed) == b"".join(pieces)
    assert streamed.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Kind.BAD_REQUEST),
        (401, Kind.UPSTREAM_AUTH),
        (404, Kind.NOT_FOUND),
        (429, Kind.RATE_LIMITED),
        (500, Kind.UPSTREAM_DOWN),
        (529, Kind.OVERLOADED),
    ],
)
async def test_a_refusal_is_read_in_the_providers_format(status: int, kind: Kind) -> None:
    for made in (call(), streaming()):
        body = compact(chat.error(status, "its own words")).encode()
        error = await refused(made, whole(body, status=status))
        assert (error.kind, error.upstream_status) == (kind, status)
        assert "its own words" in error.message
        assert made.attempts[0].status == status


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\x00", b"[" * 5000])
async def test_any_body_of_a_refusal_is_a_refusal(body: bytes) -> None:
    error = await refused(call(), Replying(status=503, steps=[body]))
    assert (error.kind, error.upstream_status) == (Kind.OVERLOADED, 503)


async def test_a_redirect_is_refused_with_a_remedy() -> None:
    reply = Replying(status=307, headers={"location": "http://evil.test/"})
    error = await refused(call(), reply)
    assert (error.kind, error.upstream_status) == (Kind.UPSTREAM_INVALID, 307)
    assert "api_base_url" in error.message and "evil" not in error.message


@pytest.mark.parametrize("status", [101, 199, 304, 600])
async def test_a_status_that_means_nothing_here_is_a_failure(status: int) -> None:
    assert (await refused(call(), Replying(status=status))).upstream_status == status


@pytest.mark.parametrize(
    "words",
    [
        "Incorrect API key provided: {key}.",
        'no such key "{key}"',
        "the header said Bearer {key}",
    ],
)
async def test_a_provider_that_repeats_our_key_is_not_quoted(words: str) -> None:
    key = "acme.live.4f9c2b7a1d8e"
    body = compact(chat.error(401, words.format(key=key))).encode()
    with pytest.raises(GatewayError) as caught:
        await tried(call(), whole(body, status=401), at(api_key=key))
    assert key not in caught.value.message
    in_stream = sse(chat.stream_error(words.format(key=key)))
    with pytest.raises(GatewayError) as caught:
        await tried(streaming(), in_stream, at(api_key=key))
    assert key not in caught.value.message


@pytest.mark.parametrize("wait", ["for the head", "for the body", "for the first event"])
async def test_a_provider_that_takes_too_long_is_given_up(wait: str) -> None:
    made = streaming() if wait.endswith("event") else call()
    reply: Replying | asyncio.Event = asyncio.Event()
    if not wait.endswith("head"):
        kind = "text/event-stream" if made.stream else "application/json"
        reply = Replying(headers={"content-type": kind}, steps=[asyncio.Event()])
    with pytest.raises(GatewayError, match=r"acme/big did not answer within 0\.01 s") as caught:
        await tried(made, reply, at(timeout_s=0.01))
    assert caught.value.kind is Kind.UPSTREAM_TIMEOUT
    assert made.attempts[0].error is caught.value
    assert not isinstance(reply, Replying) or reply.closed == 1


async def test_the_general_limit_holds_where_a_provider_has_none() -> None:
    made = call(snapshot=snapshot(timeout_s=0.01))
    assert (await refused(made, asyncio.Event())).kind is Kind.UPSTREAM_TIMEOUT


async def test_the_limit_ends_with_the_first_event_of_a_stream() -> None:
    gate = asyncio.Event()
    steps: list[Step] = [FRAMES[0], gate, *FRAMES[1:]]
    reply = Replying(headers={"content-type": "text/event-stream"}, steps=steps)
    streamed = await tried(streaming(), reply, at(timeout_s=0.01))
    assert isinstance(streamed, Streamed)
    asyncio.get_running_loop().call_later(0.03, gate.set)
    assert await read(streamed) == b"".join(FRAMES)


@pytest.mark.parametrize("stream", [True, False])
async def test_cancelling_a_try_closes_its_connection(stream: bool) -> None:
    made = streaming() if stream else call()
    kind = "text/event-stream" if stream else "application/json"
    reading = asyncio.Event()

    class Noticing(asyncio.Event):
        async def wait(self) -> bool:  # type: ignore[override]  # as asyncio's, but it tells
            reading.set()
            return await super().wait()

    reply = Replying(headers={"content-type": kind}, steps=[Noticing()])
    work = asyncio.ensure_future(tried(made, reply))
    await reading.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert reply.closed == 1
    assert made.attempts[0].ended is not None


async def test_a_bug_of_ours_closes_the_connection_too() -> None:
    reply = whole(b"")
    reply.steps = [RuntimeError("a bug")]
    with pytest.raises(RuntimeError):
        await tried(call(), reply)
    assert reply.closed == 1


async def test_a_target_that_cannot_be_asked_is_an_attempt_all_the_same() -> None:
    made = call()
    mute = target("acme/big", provider=provider("acme", urls={}))
    with pytest.raises(GatewayError):
        await tried(made, whole(FINE), mute)
    assert made.attempts[0].error is not None and made.attempts[0].dialect is None


def test_the_pipe_passes_or_translates() -> None:
    made = streaming()
    same, other = (prepare(made, at(name), DIALECTS) for name in ("chat", "messages"))
    assert isinstance(make_pipe(made, same), Passthrough)
    assert isinstance(make_pipe(made, other), Transcoder)


async def tried_all(made: Exchange, where: Target, *replies: Replying) -> tuple[Reply, Scripted]:
    attempt, upstream = Attempt(target=where), Scripted(*replies)
    made.attempts.append(attempt)
    return await try_target(made, attempt, upstream, DIALECTS, TimeLimits()), upstream


def unsupported(field: str) -> Replying:
    said = compact(chat.error(400, f"Unsupported parameter: '{field}'"))
    return whole(said.encode(), status=400)


async def test_a_parameter_that_was_refused_is_taken_out_for_another_try() -> None:
    body: JsonObject = {**BODY, "seed": 7}
    made = call(body=body, raw=dump(body))
    reply, upstream = await tried_all(made, at(), unsupported("seed"), whole(FINE))
    assert isinstance(reply, Buffered) and reply.body == FINE
    assert [b"seed" in sent.body for sent in upstream.sent] == [True, False]
    (attempt,) = made.attempts
    assert (attempt.status, attempt.error, len(attempt.repairs)) == (200, None, 1)
    assert [note.action for note in made.receipt] == ["dropped"]


async def test_nothing_is_taken_out_of_a_lossless_call() -> None:
    body: JsonObject = {**BODY, "seed": 7}
    made = call(body=body, raw=dump(body), plan=plan(at(), lossless=True))
    with pytest.raises(GatewayError, match="seed"):
        await tried_all(made, at(), unsupported("seed"))


async def test_a_tool_call_that_nobody_can_read_is_asked_for_once_more() -> None:
    fine = compact(gemini.text("Hello")).encode()
    made = call()
    reply, upstream = await tried_all(made, at("gemini"), whole(UNREADABLE), whole(fine))
    assert isinstance(reply, Buffered) and b"Hello" in reply.body
    assert len(upstream.sent) == 2 and len(made.attempts) == 1


async def test_a_stream_of_such_a_call_alone_is_asked_for_once_more() -> None:
    unreadable = sse(b"data: " + UNREADABLE + b"\r\n\r\n")
    made = streaming()
    reply, upstream = await tried_all(made, at("gemini"), unreadable, sse(*gemini.stream(["Hi"])))
    assert isinstance(reply, Streamed) and b"Hi" in reply.first
    assert len(upstream.sent) == 2 and unreadable.closed == 1


@pytest.mark.parametrize("client", ["chat", "gemini"])
async def test_the_second_such_call_is_told_as_an_overload(client: str) -> None:
    body: JsonObject = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}
    made = (
        call(dialect=DIALECTS["gemini"], body=body, raw=dump(body))
        if client == "gemini"
        else (call())
    )
    with pytest.raises(GatewayError) as caught:
        await tried_all(made, at("gemini"), whole(UNREADABLE), whole(UNREADABLE))
    assert (caught.value.status, caught.value.code) == (503, "upstream_malformed_function_call")


async def test_a_stream_that_begins_too_slowly_is_given_up() -> None:
    slow = at(stall=Stall(ttfb_s=0.01, ttfb_bytes=10_000))
    with pytest.raises(GatewayError, match=r"fewer than 10000 bytes in 0\.01 s") as caught:
        await tried_all(streaming(), slow, sse(FRAMES[0], asyncio.Event()))
    assert caught.value.code == "stalled"


async def test_a_short_stream_that_ends_in_time_is_no_stall() -> None:
    careful = at(stall=Stall(ttfb_s=5, ttfb_bytes=10_000))
    reply, _ = await tried_all(streaming(), careful, sse(*FRAMES))
    assert isinstance(reply, Streamed) and reply.first == b"".join(FRAMES)
