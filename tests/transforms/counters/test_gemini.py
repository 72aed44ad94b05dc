"""Google's countTokens."""

import pytest

from plexus.transforms.counters.gemini import COUNTER
from plexus.transforms.wire import JsonObject

CHAT = "https://g.test/v1beta/models/gemini-x:generateContent"


def test_a_count_is_another_method_of_the_model() -> None:
    assert COUNTER.name == "gemini"
    assert COUNTER.url(CHAT) == "https://g.test/v1beta/models/gemini-x:countTokens"
    assert COUNTER.answer(12) == {"totalTokens": 12}


def test_contents_alone_are_sent_alone() -> None:
    body: JsonObject = {"contents": []}
    assert COUNTER.question(body) is body
    sent = COUNTER.request(body, {"contents": [], "generationConfig": {}}, CHAT)
    assert sent == {"contents": []}


@pytest.mark.parametrize("name", ["generateContentRequest", "generate_content_request"])
@pytest.mark.parametrize(
    ("url", "model"),
    [
        (CHAT, "models/gemini-x"),
        ("https://g.test/v1beta/tunedModels/t:generateContent", "tunedModels/t"),
        ("https://g.test/deep/v1beta/models/a%20b/c:generateContent", "models/a b/c"),
    ],
)
def test_a_wrapped_call_is_read_and_wrapped_again_with_the_targets_model(
    name: str, url: str, model: str
) -> None:
    body: JsonObject = {name: {"model": "models/alias", "contents": [], "tools": []}}
    asked = COUNTER.question(body)
    assert asked == {"contents": [], "tools": []}
    sent = COUNTER.request(body, asked, url)
    assert sent == {"generateContentRequest": {"contents": [], "tools": [], "model": model}}


def test_another_formats_call_is_wrapped_without_what_shapes_an_answer() -> None:
    chat: JsonObject = {"contents": [], "tools": [], "generationConfig": {}, "toolConfig": {}}
    sent = COUNTER.request(None, chat, CHAT)
    wrapped: JsonObject = {"contents": [], "tools": [], "model": "models/gemini-x"}
    assert sent == {"generateContentRequest": wrapped}


def test_a_wrapper_that_holds_nonsense_is_an_empty_call() -> None:
    assert COUNTER.question({"generateContentRequest": 7}) == {}
