"""The provider's replies are what the requests ask for."""

from __future__ import annotations

import json
from types import ModuleType

import pytest

from tests.bench.replies import SMALL_REPLY, Wish, frames, small_reply, unary, wish
from tests.fakes.native import chat, gemini, messages, responses


@pytest.mark.parametrize(
    ("request_", "wanted"),
    [
        (b"POST /v1/chat/completions HTTP/1.1\r\n\r\n{}", Wish(chat, None)),
        (b'POST /v1/chat/completions HTTP/1.1\r\n\r\n{"stream":true}', Wish(chat, 100)),
        (b'POST /v1/messages HTTP/1.1\r\n\r\n{"stream": true}', Wish(messages, 100)),
        (b"POST /v1/responses HTTP/1.1\r\n\r\n2000 us apart", Wish(responses, None)),
        (b"POST /v1beta/models/m:generateContent HTTP/1.1\r\n\r\n{}", Wish(gemini, None)),
        (
            b"POST /v1beta/models/m:streamGenerateContent?alt=sse HTTP/1.1\r\n\r\n"
            b"foxes in 7 pieces 2000 us apart",
            Wish(gemini, 7, 0.002),
        ),
        (
            b'POST /v1/messages HTTP/1.1\r\n\r\n{"stream":true} foxes in 7 pieces of 4000 bytes',
            Wish(messages, 7, size=4000),
        ),
    ],
)
def test_a_request_says_what_it_wants(request_: bytes, wanted: Wish) -> None:
    assert wish(request_) == wanted


def test_the_small_reply_is_about_as_long_as_announced() -> None:
    assert abs(len(small_reply()) - SMALL_REPLY) < 20


@pytest.mark.parametrize("format_", [chat, gemini, messages, responses])
def test_every_format_has_both_replies(format_: ModuleType) -> None:
    head, _, body = unary(format_).partition(b"\r\n\r\n")
    assert json.loads(body)
    assert head.endswith(b"Content-Length: %d" % len(body))
    parts = frames(format_, 3)
    assert sum(b"word" in part for part in parts) >= 3
    assert parts[-1] == b"0\r\n\r\n"
    assert sum(len(part) > 4000 for part in frames(format_, 3, 4000)) >= 3
