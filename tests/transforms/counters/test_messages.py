"""Anthropic's count_tokens."""

from plexus.transforms.counters.messages import COUNTER
from plexus.transforms.wire import JsonObject


def test_a_count_is_asked_for_behind_the_messages() -> None:
    assert COUNTER.name == "messages"
    assert COUNTER.url("https://a.test/v1/messages") == "https://a.test/v1/messages/count_tokens"
    assert COUNTER.answer(12) == {"input_tokens": 12}


def test_a_limit_that_only_calls_have_is_not_sent() -> None:
    body: JsonObject = {"model": "m", "messages": [], "thinking": {"type": "adaptive"}}
    chat: JsonObject = {**body, "model": "claude", "system": [], "max_tokens": 32000}
    sent = COUNTER.request(body, chat, "")
    assert sent == {**body, "model": "claude", "system": []}
