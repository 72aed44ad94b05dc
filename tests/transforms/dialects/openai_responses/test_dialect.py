"""The dialect as the rest of Plexus sees it."""

from __future__ import annotations

import pytest

from plexus.transforms.codec import Aim, Head, Match, Operation
from plexus.transforms.dialects.openai_responses import DIALECT
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.registry import discover


def matched(method: str, path: str) -> Match | None:
    """What the head of a request tells."""
    return DIALECT.match(Head(method, path, "", {}))


@pytest.mark.parametrize(
    "path",
    ["/v1/responses", "/responses", "/v1/codex/responses", "/backend-api/codex/responses"],
)
def test_a_response_is_created_with_post(path: str) -> None:
    assert matched("POST", path) == Match(Operation.CHAT)
    assert matched("GET", path) is None


def test_input_tokens_are_counted() -> None:
    assert matched("POST", "/v1/responses/input_tokens") == Match(Operation.COUNT_TOKENS)


@pytest.mark.parametrize(
    "path",
    ["/v1/responses/", "/v1/responses/resp_1", "/v1/responses/compact", "/v1/chat/completions"],
)
def test_other_paths_are_none_of_ours(path: str) -> None:
    assert matched("POST", path) is None


def test_it_is_found_by_its_name() -> None:
    assert discover("plexus.transforms.dialects", "DIALECT")["responses"] is DIALECT


def test_a_passed_through_call_has_only_its_model_changed() -> None:
    assert DIALECT.aim("gpt-5", stream=True) == Aim("/responses", {"model": "gpt-5"})


def test_the_key_is_a_bearer_token() -> None:
    assert DIALECT.credentials("k") == {"authorization": "Bearer k"}
    assert DIALECT.credentials(None) == DIALECT.credentials("") == {}


def test_clients_always_want_usage_and_never_have_to_ask() -> None:
    assert (DIALECT.wants_usage({}), DIALECT.asks_for_usage) == (True, False)


def test_an_error_keeps_its_status() -> None:
    assert DIALECT.status(GatewayError(Kind.OVERLOADED, "busy")) == 503


def test_an_error_is_read_and_written_in_the_native_shape() -> None:
    error = DIALECT.decode_error(503, {}, b'{"error":{"message":"busy"}}')
    assert DIALECT.encode_error(error, "id") == {
        "error": {
            "message": "busy",
            "type": "server_error",
            "param": None,
            "code": "server_is_overloaded",
        }
    }
    assert b"response.failed" in DIALECT.encode_stream_error(error, "id")


def test_an_idle_stream_gets_a_comment() -> None:
    assert DIALECT.keepalive.startswith(b":")
    assert DIALECT.keepalive.endswith(b"\n\n")
