"""What is longer than a model's context is refused, where the alias says so."""

import pytest

from plexus.addons.routing.limits import check_context
from plexus.config.snapshot import Alias
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import JsonObject
from tests.addons.factories import alias

ROLE = len("role" + "user" + "content")  # characters that are counted besides the text


def window(tokens: int | None = 1000, *, enforce: bool = True, **provider: int) -> Alias:
    overrides: JsonObject = {"top_provider": {**provider}}
    if tokens is not None:
        overrides["context_length"] = tokens
    return alias("m", "a/x", enforce_limits=enforce, metadata={"overrides": overrides})


def body(tokens: int, **other: object) -> JsonObject:
    text = "x" * (tokens * 4 - ROLE)
    return {"messages": [{"role": "user", "content": text}], **other}  # type: ignore[dict-item]  # JSON


@pytest.mark.parametrize(
    "asked",
    [
        {"max_tokens": 890},
        {"max_completion_tokens": 890},
        {"max_output_tokens": 890},
        {"generationConfig": {"maxOutputTokens": 890}},
    ],
)
def test_the_prompt_and_the_answer_that_is_asked_for_must_fit(asked: JsonObject) -> None:
    check_context(window(), body(100, **asked))
    with pytest.raises(GatewayError) as caught:
        check_context(window(), body(101, **asked))
    assert (caught.value.kind, caught.value.code) == (
        Kind.CONTEXT_OVERFLOW,
        "context_length_exceeded",
    )
    assert caught.value.status == 400
    assert "about 112 tokens and 890 for the answer make 1,002" in caught.value.message
    assert "its context has 1,000" in caught.value.message


@pytest.mark.parametrize(
    ("asked", "most", "reserve"),
    [(None, None, 4096), (None, 50, 50), (70, None, 70), (70, 50, 50), (20, 50, 20), ("x", 50, 50)],
)
def test_the_answers_share_is_the_smaller_known_number(
    asked: object, most: int | None, reserve: int
) -> None:
    provider = {} if most is None else {"max_completion_tokens": most}
    request = body(10) if asked is None else body(10, max_tokens=asked)
    fits = 11 + reserve
    check_context(window(fits, **provider), request)
    with pytest.raises(GatewayError):
        check_context(window(fits - 1, **provider), request)


def test_the_providers_window_outranks_the_models() -> None:
    with pytest.raises(GatewayError, match="its context has 500"):
        check_context(window(1_000_000, context_length=500), body(100))


@pytest.mark.parametrize(
    "lenient",
    [
        window(1, enforce=False),
        window(None),
        alias("m", "a/x", enforce_limits=True),
        alias("m", "a/x", enforce_limits=True, metadata={"overrides": {"context_length": "many"}}),
    ],
)
def test_unasked_or_without_a_known_window_everything_passes(lenient: Alias) -> None:
    check_context(lenient, body(1_000_000))


def test_a_body_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(GatewayError, match="its length cannot be estimated"):
        check_context(window(), None)
