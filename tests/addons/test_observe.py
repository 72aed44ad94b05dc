"""An observed reply passes as it came; what it says is read from a copy."""

import gzip
import zlib
from collections.abc import Callable, Iterable

import brotli
import pytest
import zstandard
from mitmproxy import http

from plexus.addons.exchange import Exchange
from plexus.addons.inspection.capture import Capture
from plexus.addons.observe import Tap, is_stream, look_at_whole
from plexus.transforms.errors import Kind
from plexus.transforms.ir import Stop
from tests.addons.factories import DIALECTS, exchange, head
from tests.fakes.native import chat, gemini
from tests.fakes.native.shapes import Tokens, compact
from tests.fakes.replies import NATIVE

FRAMES = chat.stream(["Hel", "lo"], tokens=Tokens(prompt=10, output=5))


def response(**headers: str) -> http.Response:
    made = http.Response.make(200, b"", {"content-type": "text/event-stream"})
    made.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return made


def tapped(call: Exchange, head: http.Response, pieces: Iterable[bytes]) -> bytes:
    tap = Tap(call, head)
    passed = b"".join(tap(piece) for piece in pieces) + tap(b"")
    tap.end(complete=True)
    return passed


def bytewise(data: bytes) -> list[bytes]:
    return [data[i : i + 1] for i in range(len(data))]


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [
        ("", lambda data: data),
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("br", brotli.compress),
        ("zstd", zstandard.ZstdCompressor().compress),
    ],
)
def test_every_byte_passes_and_a_decompressed_copy_is_read(
    encoding: str, compress: Callable[[bytes], bytes]
) -> None:
    call = exchange(door="observe", stream=True)
    data = compress(b"".join(FRAMES))
    assert tapped(call, response(content_encoding=encoding), bytewise(data)) == data
    assert call.usage is not None and (call.usage.input, call.usage.output) == (10, 5)
    assert (call.stop, call.error) == (Stop.END, None)
    assert call.timeline.ms("first_byte") is not None


def test_an_encoding_that_nobody_knows_passes_unread() -> None:
    call = exchange(door="observe", stream=True)
    assert tapped(call, response(content_encoding="secret"), [b"\x00\x01"]) == b"\x00\x01"
    assert (call.usage, call.stop, call.error) == (None, None, None)


def test_bytes_that_are_not_what_they_claim_pass_all_the_same(
    caplog: pytest.LogCaptureFixture,
) -> None:
    call = exchange(door="observe", stream=True)
    passed = tapped(call, response(content_encoding="gzip"), [b"no gzip", b" at all"])
    assert passed == b"no gzip at all"
    assert call.error is None
    assert caplog.text.count("observe.failed") == 1


def test_a_stream_that_its_provider_cuts_has_failed() -> None:
    call = exchange(door="observe", stream=True)
    tapped(call, response(), FRAMES[:2])
    assert call.error is not None and call.error.kind is Kind.UPSTREAM_DOWN


def test_a_stream_that_its_client_cuts_has_not_failed_and_is_estimated() -> None:
    call = exchange(door="observe", stream=True)
    tap = Tap(call, response())
    for frame in FRAMES[:2]:
        tap(frame)
    tap.end(complete=False)
    assert (call.error, call.stop) == (None, None)
    assert call.seen.output_tokens(call.dialect) > 0


def test_a_json_array_is_read_too() -> None:
    call = exchange(door="observe", dialect=DIALECTS["gemini"], stream=True)
    pieces = gemini.array(gemini.stream(["Hel", "lo"], tokens=Tokens(prompt=10, output=5)))
    passed = tapped(call, response(content_type="application/json"), pieces)
    assert passed == b"".join(pieces)
    assert call.usage is not None and call.usage.output == 5
    assert (call.stop, call.error) == (Stop.END, None)


@pytest.mark.parametrize(
    ("kind", "streams"),
    [
        ("text/event-stream", True),
        ("text/event-stream; charset=utf-8", True),
        ("Text/Event-Stream", True),
        ("application/x-ndjson", True),
        ("application/json", False),
        ("", False),
    ],
)
def test_the_content_type_tells_a_stream(kind: str, streams: bool) -> None:
    assert is_stream(http.Response.make(200, b"", {"content-type": kind})) is streams


@pytest.mark.parametrize("name", NATIVE)
def test_a_whole_reply_tells_usage_and_stop(name: str) -> None:
    call = exchange(door="observe", dialect=DIALECTS[name])
    body = compact(NATIVE[name].text("Hi", tokens=Tokens(prompt=10, output=5))).encode()
    look_at_whole(call, http.Response.make(200, body))
    assert call.usage is not None and (call.usage.input, call.usage.output) == (10, 5)
    assert (call.stop, call.error) == (Stop.END, None)


@pytest.mark.parametrize("name", NATIVE)
def test_an_error_reply_tells_what_went_wrong(name: str) -> None:
    call = exchange(door="observe", dialect=DIALECTS[name])
    body = compact(NATIVE[name].error(429, "slow down")).encode()
    look_at_whole(call, http.Response.make(429, body, {"Retry-After": "7"}))
    assert call.error is not None
    assert (call.error.kind, call.error.message) == (Kind.RATE_LIMITED, "slow down")
    assert call.error.retry_after == 7


def test_the_users_own_key_is_not_repeated_though_its_provider_does() -> None:
    key = "acme.live.4f9c2b7a1d8e"
    call = exchange(door="observe", head=head(authorization=f"Bearer {key}"))
    body = compact(chat.error(401, f"no such key {key}")).encode()
    look_at_whole(call, http.Response.make(401, body))
    assert call.error is not None and call.error.message == "no such key ***"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"\xff\xfe"])
def test_a_whole_reply_that_says_nothing_is_no_failure(body: bytes) -> None:
    call = exchange(door="observe")
    look_at_whole(call, http.Response.make(200, body))
    assert (call.usage, call.stop, call.error) == (None, None, None)


def test_a_whole_reply_is_read_decompressed() -> None:
    call = exchange(door="observe")
    reply = http.Response.make(200, b"", {"content-encoding": "gzip"})
    reply.raw_content = gzip.compress(compact(chat.text("Hi")).encode())
    look_at_whole(call, reply)
    assert call.stop is Stop.END


def test_an_observed_stream_is_copied_as_it_reads_if_the_call_is_captured() -> None:
    call = exchange(door="observe", stream=True)
    call.capture = Capture(most=10_000, only_errors=False)
    tapped(call, response(content_encoding="gzip"), bytewise(gzip.compress(b"".join(FRAMES))))
    assert call.capture.to_client.content == b"".join(FRAMES)
