"""A stream reaches its client whole or with its failure told; its provider is always let go."""

import asyncio

import pytest

from plexus.addons.exchange import Attempt, Exchange, Streamed
from plexus.addons.inspection.capture import Capture
from plexus.addons.upstream.relay import pump
from plexus.transforms.codec import Receipt
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import Stop
from plexus.transforms.transcode import Passthrough, Pipe, Transcoder
from tests.addons.factories import DIALECTS, exchange, provider, snapshot, target
from tests.addons.making import Replying, Step, sse
from tests.fakes.native import chat, gemini
from tests.fakes.native.shapes import Tokens

CHAT = DIALECTS["chat"]
FRAMES = chat.stream(["Hel", "lo"], tokens=Tokens(prompt=10, output=5))


class Client:
    """Somebody who reads, up to a point."""

    def __init__(self, patience: int = 1000, error: Exception | None = None) -> None:
        self.got = b""
        self.reading = asyncio.Event()
        self._patience = patience
        self._error = error

    async def write(self, data: bytes) -> None:
        if self._patience == 0:
            assert self._error is not None
            raise self._error
        self._patience -= 1
        self.got += data
        self.reading.set()


def streamed(reply: Replying, pipe: Pipe | None = None) -> Streamed:
    return Streamed(
        first=b"",
        read=reply.read_some,
        close=reply.close,
        pipe=Passthrough(CHAT, "id") if pipe is None else pipe,
    )


async def pumped(call: Exchange, *steps: Step, first: bytes = FRAMES[0]) -> tuple[bytes, Replying]:
    reply = sse(*steps)  # type: ignore[arg-type]  # steps of any kind
    stream = streamed(reply)
    stream.first = first
    client = Client()
    await pump(call, stream, client.write)
    return client.got, reply


async def test_a_whole_stream_passes_and_what_it_said_is_in_the_exchange() -> None:
    call = exchange(stream=True)
    got, reply = await pumped(call, *FRAMES[1:])
    assert got == b"".join(FRAMES)
    assert call.usage is not None and (call.usage.input, call.usage.output) == (10, 5)
    assert (call.stop, call.error) == (Stop.END, None)
    assert reply.closed == 1
    marks = list(call.timeline.as_json())
    assert marks == ["first_byte", "upstream_done"]


async def test_a_stream_that_ends_in_a_call_that_nobody_can_read_has_failed() -> None:
    call, told = exchange(dialect=DIALECTS["gemini"], stream=True), []
    end = b'data: {"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL"}]}\r\n\r\n'
    stream = streamed(sse(end), Passthrough(DIALECTS["gemini"], "id"))
    stream.first, stream.settle = gemini.stream(["Hel", "lo"])[0], told.append
    await pump(call, stream, Client().write)
    assert call.error is not None
    assert call.error.code == "upstream_malformed_function_call"
    assert told == [call.error]


async def test_a_stream_that_was_read_to_its_end_already_passes_too() -> None:
    got, _ = await pumped(exchange(), first=b"".join(FRAMES))
    assert got == b"".join(FRAMES)


@pytest.mark.parametrize(
    "ending",
    [
        (),
        (GatewayError(Kind.UPSTREAM_DOWN, "the connection broke"),),
    ],
)
async def test_a_provider_that_breaks_off_is_told_of_in_the_stream(
    ending: tuple[Exception, ...],
) -> None:
    call = exchange(stream=True)
    got, reply = await pumped(call, FRAMES[1], *ending)
    assert got.startswith(FRAMES[0] + FRAMES[1])
    assert b'"error"' in got.removeprefix(FRAMES[0] + FRAMES[1])
    assert call.error is not None and call.error.kind is Kind.UPSTREAM_DOWN
    assert reply.closed == 1


async def test_a_bug_of_ours_does_not_look_like_a_finished_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    call = exchange(stream=True)
    got, reply = await pumped(call, RuntimeError("secret detail"))
    assert b"secret detail" not in got and call.id.encode() in got
    assert call.error is not None and call.error.kind is Kind.INTERNAL
    assert "secret detail" in caplog.text
    assert reply.closed == 1


async def test_a_provider_that_falls_silent_is_given_up() -> None:
    call = exchange(stream=True, snapshot=snapshot(timeout_s=0.01))
    got, reply = await pumped(call, asyncio.Event())
    assert call.error is not None and call.error.kind is Kind.UPSTREAM_TIMEOUT
    assert b"sent nothing for 0.01 s" in got
    assert reply.closed == 1


async def test_a_providers_own_limit_outranks_the_general_one() -> None:
    slow = target("acme/slow", provider=provider("acme", timeout_s=0.01))
    call = exchange(stream=True, attempts=[Attempt(target=slow)])
    got, _ = await pumped(call, asyncio.Event())
    assert b"sent nothing for 0.01 s" in got


@pytest.mark.parametrize("error", [ConnectionResetError("gone"), BrokenPipeError()])
async def test_a_client_that_is_gone_closes_the_provider(error: Exception) -> None:
    call = exchange(stream=True)
    reply = sse(*FRAMES)
    client = Client(patience=2, error=error)
    with pytest.raises(type(error)):
        await pump(call, _begun(streamed(reply)), client.write)
    assert reply.closed == 1
    assert (call.stop, call.error) == (None, None)


async def test_cancelling_closes_the_provider_at_once_and_keeps_what_was_seen() -> None:
    call = exchange(stream=True)
    reply = sse(*FRAMES[1:3], asyncio.Event())  # type: ignore[arg-type]  # a step to wait at
    client = Client()
    work = asyncio.ensure_future(pump(call, _begun(streamed(reply)), client.write))
    await client.reading.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert reply.closed == 1
    assert call.seen.output_tokens(CHAT) > 0


async def test_what_a_translated_stream_loses_on_its_way_is_in_the_receipt() -> None:
    call = exchange(dialect=DIALECTS["messages"], stream=True)
    receipt = Receipt()
    other_choice = FRAMES[1].replace(b'"index":0', b'"index":1')
    reply = sse(other_choice, *FRAMES[1:])
    stream = _begun(streamed(reply, Transcoder(CHAT, call.dialect, None, receipt)))
    stream.receipt = receipt
    await pump(call, stream, Client().write)
    assert [note.path for note in call.receipt] == ["choices[1]"]


def _begun(stream: Streamed) -> Streamed:
    stream.first = FRAMES[0]
    return stream


async def test_what_a_client_gets_is_copied_if_the_call_is_captured() -> None:
    call = exchange(stream=True)
    call.capture = Capture(most=1000, only_errors=False)
    got, _ = await pumped(call, *FRAMES[1:])
    assert call.capture.to_client.content == got[:1000]
    assert call.capture.to_client.size == len(got)
