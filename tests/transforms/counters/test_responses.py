"""OpenAI's input_tokens."""

from plexus.transforms.counters.responses import COUNTER


def test_a_count_is_asked_for_behind_the_responses() -> None:
    assert COUNTER.name == "responses"
    assert COUNTER.url("https://a.test/v1/responses") == "https://a.test/v1/responses/input_tokens"
    assert COUNTER.answer(12) == {"object": "response.input_tokens", "input_tokens": 12}
