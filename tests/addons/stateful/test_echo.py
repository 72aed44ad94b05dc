"""The answer repeats what its client asked, not what its provider was told."""

from __future__ import annotations

from plexus.addons.exchange import Continued
from plexus.addons.stateful.echo import as_asked
from plexus.transforms.ir import ChatRequest
from tests.addons.factories import exchange

TOLD = ChatRequest(
    model="m", messages=(), ext={"responses": {"store": False, "truncation": "auto"}, "chat": {}}
)


def test_a_request_with_its_history_gets_its_clients_state_back() -> None:
    body = {"previous_response_id": "resp_1", "input": "Hi"}
    call = exchange(continued=Continued(raw=b"", body=body, previous="resp_1"))
    assert as_asked(call, TOLD).ext == {
        "responses": {"truncation": "auto", "previous_response_id": "resp_1", "store": True},
        "chat": {},
    }


def test_a_wish_not_to_store_is_repeated() -> None:
    body = {"conversation": {"id": "conv_1"}, "store": False}
    call = exchange(continued=Continued(raw=b"", body=body, conversation="conv_1"))
    assert as_asked(call, TOLD).ext["responses"] == {
        "truncation": "auto",
        "conversation": {"id": "conv_1"},
        "store": False,
    }


def test_any_other_request_is_as_it_was() -> None:
    assert as_asked(exchange(), TOLD) is TOLD
