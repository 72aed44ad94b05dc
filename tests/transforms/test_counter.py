"""Counting beside the chat call."""

import pytest

from plexus.transforms import plugins
from plexus.transforms.codec import Head, Operation
from plexus.transforms.counter import Behind, kept
from plexus.transforms.wire import JsonObject
from tests.addons.factories import DIALECTS

ACME = Behind(
    name="acme", path="/size", prompt=frozenset({"model", "words"}), total="n", more={"v": 1}
)


def test_what_is_asked_about_is_the_body() -> None:
    body: JsonObject = {"words": "x"}
    assert ACME.question(body) is body
    assert ACME.url("http://acme.test/v1/chat") == "http://acme.test/v1/chat/size"
    assert ACME.answer(7) == {"v": 1, "n": 7}


def test_only_the_prompt_and_what_the_client_sent_are_sent() -> None:
    body: JsonObject = {"words": "x", "own": True}
    chat: JsonObject = {"model": "big", "words": "y", "own": True, "limit": 9}
    sent = ACME.request(body, chat, "http://acme.test/v1/chat")
    assert sent == {"model": "big", "words": "y", "own": True}
    assert ACME.request(None, chat, "http://acme.test/v1/chat") == {"model": "big", "words": "y"}


def test_a_body_of_which_nothing_goes_is_the_same_object() -> None:
    body: JsonObject = {"model": "big"}
    assert kept(body, frozenset({"model", "more"})) is body


@pytest.mark.parametrize(
    ("dialect", "path"),
    [
        ("messages", "/v1/messages/count_tokens"),
        ("responses", "/v1/responses/input_tokens"),
        ("gemini", "/v1beta/models/m:countTokens"),
    ],
)
def test_each_dialect_in_which_one_can_ask_has_a_counter(dialect: str, path: str) -> None:
    head = Head("POST", path, "", {})
    found = {name: match for name, d in DIALECTS.items() if (match := d.match(head)) is not None}
    assert [match.operation for match in found.values()] == [Operation.COUNT_TOKENS]
    assert found.keys() == {dialect}
    assert dialect in plugins.counters()
