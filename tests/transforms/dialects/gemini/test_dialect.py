"""What the gateway asks of the dialect itself."""

from __future__ import annotations

from plexus.transforms.codec import Aim, Dialect, Head, Match, Operation
from plexus.transforms.dialects.gemini import DIALECT
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.registry import discover
from plexus.transforms.sse import parse_frame
from plexus.transforms.wire import parse_object

BUSY = GatewayError(Kind.OVERLOADED, "busy")


def test_the_dialect_is_found_by_its_name() -> None:
    found: dict[str, Dialect] = discover("plexus.transforms.dialects", "DIALECT")
    assert found["gemini"] is DIALECT


def test_the_model_stands_in_the_path_only() -> None:
    assert DIALECT.aim("m", stream=True) == Aim(
        "/v1beta/models/m:streamGenerateContent?alt=sse", {}
    )
    assert DIALECT.aim("m", stream=False) == Aim("/v1beta/models/m:generateContent", {})


def test_our_key_goes_in_googles_header() -> None:
    assert DIALECT.credentials("k") == {"x-goog-api-key": "k"}
    assert DIALECT.credentials(None) == {}


def test_paths_are_matched() -> None:
    head = Head("POST", "/v1beta/models/m:generateContent", "", {})
    assert DIALECT.match(head) == Match(Operation.CHAT, "m", stream=False)


def test_errors_are_read_and_written() -> None:
    body = DIALECT.encode_error(BUSY, "")
    assert body == {"error": {"code": 503, "message": "busy", "status": "UNAVAILABLE"}}
    assert DIALECT.status(BUSY) == 503
    assert DIALECT.decode_error(503, {}, b"").kind is Kind.OVERLOADED


def test_an_error_in_a_stream_is_one_frame() -> None:
    data = DIALECT.encode_stream_error(BUSY, "req-1")
    assert data.endswith(b"\r\n\r\n")
    frame = parse_frame(data)
    assert frame is not None
    assert parse_object(frame.data) == DIALECT.encode_error(BUSY, "req-1")


def test_every_telling_frame_bears_a_marker() -> None:
    for data in (b'{"usageMetadata":{}}', b'{"promptFeedback":{}}', b'{"error":{}}'):
        assert any(marker in data for marker in DIALECT.markers)


def test_clients_always_want_usage_and_need_not_ask_for_it() -> None:
    assert DIALECT.wants_usage({})
    assert not DIALECT.asks_for_usage
    assert DIALECT.own_headers == ()
    assert DIALECT.keepalive == b": keep-alive\n\n"


def test_sniffing_is_the_dialects() -> None:
    assert DIALECT.sniff(b"") == []
