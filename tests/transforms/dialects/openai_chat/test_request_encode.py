"""A chat request is written for the provider at hand."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.ir import CacheMark, Sampling
from tests.transforms.dialects.openai_chat.making import (
    CHAT,
    OFFICIAL,
    again,
    body,
    decoded,
    encoded,
    foreign,
    noted,
    user,
)


def test_a_request_goes_to_the_chat_path() -> None:
    written = CHAT.encode_request(foreign(), Traits(), Receipt())

    assert (written.path, written.headers) == ("/chat/completions", {})
    assert written.body == {"model": "m", "messages": [user("hi")]}


def test_the_limit_goes_by_the_providers_name_for_it() -> None:
    request = foreign(max_output=9)

    assert encoded(request)["max_tokens"] == 9
    assert encoded(request, OFFICIAL)["max_completion_tokens"] == 9
    assert again(body(max_completion_tokens=9)) == body(max_tokens=9)


def test_a_stream_always_asks_for_usage() -> None:
    assert encoded(foreign(stream=True))["stream_options"] == {"include_usage": True}
    assert again(body(stream=True, stream_options={"include_obfuscation": False})) == body(
        stream=True, stream_options={"include_usage": True, "include_obfuscation": False}
    )


def test_a_stream_does_not_ask_a_provider_that_refuses_the_question() -> None:
    refusing = Traits(stream_usage=False)
    own_words = body(stream=True, stream_options={"include_usage": True})

    assert encoded(foreign(stream=True), refusing) == {**encoded(foreign()), "stream": True}
    assert again(own_words, refusing) == body(stream=True)


def test_not_to_stream_is_the_default_and_no_field_that_others_would_lose() -> None:
    assert decoded(body(stream=False)) == decoded(body())


@pytest.mark.parametrize(
    "fields",
    [
        {"store": False, "prediction": {"type": "content", "content": "x"}},
        {"provider": {"order": ["a"]}, "models": ["x"], "plugins": [], "transforms": None},
        {"metadata": {"a": "b"}, "modalities": ["text", "audio"], "audio": {"voice": "v"}},
        {"thinking": {"type": "enabled"}, "max_tokens": None, "random_seed": 1},
    ],
)
def test_what_we_do_not_know_goes_back_as_it_was(fields: Any) -> None:
    assert again(body(**fields)) == body(**fields)


def test_nothing_of_another_dialect_is_sent_but_it_is_noted() -> None:
    request = foreign(
        metadata={"user_id": "u"},
        cache=CacheMark(),
        ext={"messages": {"container": "c", "speed": None}, "gemini": {"safetySettings": []}},
    )

    assert encoded(request).keys() == {"model", "messages"}
    assert noted(request) == [
        "dropped metadata",
        "dropped container (messages only)",
        "dropped safetySettings (gemini only)",
        "dropped cache",
    ]


def test_what_the_sampling_says_is_no_loss_though_responses_keeps_it_too() -> None:
    kept: Any = {"responses": {"top_logprobs": 3}}
    asked = foreign(sampling=Sampling(logprobs=3), ext=kept)

    assert encoded(asked)["top_logprobs"] == 3
    assert noted(asked) == []
    assert noted(foreign(ext=kept)) == ["dropped top_logprobs (responses only)"]
