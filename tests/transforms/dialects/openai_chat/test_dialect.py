"""What the gateway asks of this wire format is answered in one place."""

from __future__ import annotations

import pytest

from plexus.transforms.codec import Aim, Head, Match, Operation
from plexus.transforms.dialects.openai_chat import DIALECT
from plexus.transforms.errors import STATUS, GatewayError, Kind
from plexus.transforms.events import Finished
from plexus.transforms.ir import Stop


def test_it_is_the_dialect_chat() -> None:
    assert DIALECT.name == "chat"
    assert DIALECT.asks_for_usage
    assert DIALECT.own_headers == ()
    assert DIALECT.keepalive.startswith(b":") and DIALECT.keepalive.endswith(b"\n\n")


def test_a_passed_through_call_changes_only_its_model() -> None:
    assert DIALECT.aim("gpt", stream=True) == Aim("/chat/completions", {"model": "gpt"})


def test_a_key_is_a_bearer_and_no_key_is_no_header() -> None:
    assert DIALECT.credentials("k") == {"authorization": "Bearer k"}
    assert DIALECT.credentials(None) == {}


@pytest.mark.parametrize("kind", list(Kind))
def test_an_error_has_the_status_of_its_kind(kind: Kind) -> None:
    assert DIALECT.status(GatewayError(kind, "m")) == STATUS[kind]


def test_requests_replies_and_errors_go_to_their_readers_and_writers() -> None:
    error = DIALECT.decode_error(404, {}, b'{"error":{"message":"m"}}')

    assert DIALECT.match(Head("POST", "/v1/chat/completions", "", {})) == Match(
        operation=Operation.CHAT
    )
    assert error.kind is Kind.NOT_FOUND
    assert DIALECT.encode_error(error, "r")["error"]
    assert DIALECT.encode_stream_error(error, "r").endswith(b"data: [DONE]\n\n")
    assert DIALECT.wants_usage({"stream_options": {"include_usage": True}})
    assert DIALECT.sniff(b'{"choices":[{"index":0,"finish_reason":"stop"}]}') == [
        Finished(stop=Stop.END)
    ]
