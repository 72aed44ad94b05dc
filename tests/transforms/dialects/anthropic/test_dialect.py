"""The dialect keeps the promises of the protocol."""

from __future__ import annotations

import pytest

from plexus.transforms import wire
from plexus.transforms.codec import Aim, Head, Match, Operation
from plexus.transforms.dialects.anthropic import DIALECT
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.sse import parse_frame


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("POST", "/v1/messages", Operation.CHAT),
        ("POST", "/messages", Operation.CHAT),
        ("POST", "/v1/messages/", Operation.CHAT),
        ("POST", "/v1/messages/count_tokens", Operation.COUNT_TOKENS),
        ("POST", "/messages/count_tokens", Operation.COUNT_TOKENS),
        ("GET", "/v1/messages", None),
        ("POST", "/v1/messages/batches", None),
        ("POST", "/v1/chat/completions", None),
        ("POST", "/v2/messages", None),
        ("POST", "/", None),
    ],
)
def test_its_own_paths_are_known(method: str, path: str, operation: Operation | None) -> None:
    match = DIALECT.match(Head(method, path, "beta=true", {}))
    assert match == (None if operation is None else Match(operation))


def test_a_passed_through_call_only_changes_its_model() -> None:
    assert DIALECT.aim("claude", stream=True) == Aim("/messages", {"model": "claude"})


def test_our_key_goes_in_anthropics_header() -> None:
    assert DIALECT.credentials("k") == {"x-api-key": "k", "anthropic-version": "2023-06-01"}
    assert DIALECT.credentials(None) == {"anthropic-version": "2023-06-01"}


def test_an_idle_stream_is_kept_alive_by_a_ping() -> None:
    frame = parse_frame(DIALECT.keepalive)
    assert frame is not None
    assert (frame.event, wire.parse(frame.data)) == ("ping", {"type": "ping"})


def test_every_telling_frame_has_a_marker() -> None:
    telling = [
        b'{"type":"message_start"}',
        b'{"type":"message_delta"}',
        b'{"type":"error"}',
        b'{"type":"message","stop_reason":"end_turn"}',
    ]
    assert all(any(marker in data for marker in DIALECT.markers) for data in telling)
    delta = wire.dump({"type": "content_block_delta", "delta": {"text": 'an "error" stop_reason'}})
    assert not any(marker in delta for marker in DIALECT.markers)


def test_usage_is_always_told() -> None:
    assert DIALECT.wants_usage({})
    assert not DIALECT.asks_for_usage


def test_errors_bear_the_id_of_the_request() -> None:
    error = GatewayError(Kind.OVERLOADED, "busy")
    assert DIALECT.status(error) == 529
    assert DIALECT.status(GatewayError(Kind.NOT_FOUND, "x")) == 404
    body = DIALECT.encode_error(error, "req_1")
    assert body["request_id"] == "req_1"
    frame = parse_frame(DIALECT.encode_stream_error(error, "req_1"))
    assert frame is not None
    assert wire.parse(frame.data) == body
    assert DIALECT.decode_error(529, {}, wire.dump(body)).kind is Kind.OVERLOADED


def test_it_is_called_messages() -> None:
    assert DIALECT.name == "messages"
