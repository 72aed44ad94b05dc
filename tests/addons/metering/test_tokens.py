"""Tokens of texts."""

from types import SimpleNamespace

import pytest

from plexus.addons.metering.tokens import load, pieces, text_tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("What is the capital of France?", 7),
        ("internationalisation", 3),
        ("1234567", 3),
        ("a\n\n\n    b", 3),
        ("=" * 12, 3),
        ("日本語", 3),
        ("Привет", 2),
        ("👍", 1),
        ("    ", 0),
    ],
)
def test_a_text_is_cut_as_tokenisers_cut_it(text: str, tokens: int) -> None:
    assert pieces(text) == tokens


def test_without_the_vocabulary_a_text_is_cut_into_pieces() -> None:
    def absent(name: str) -> object:
        raise ModuleNotFoundError(name)

    assert load(absent) is None


def test_with_the_vocabulary_the_count_is_exact_and_half_a_character_does_no_harm() -> None:
    encoding = SimpleNamespace(count=lambda text: len(text.encode()))
    found = load(lambda _: SimpleNamespace(openai=SimpleNamespace(o200k_base=lambda: encoding)))
    assert found is not None
    assert (found("abc"), found("\ud800")) == (3, 1)


def test_another_library_of_that_name_is_not_taken_for_it() -> None:
    assert load(lambda _: SimpleNamespace()) is None


def test_a_very_long_text_takes_no_long_time() -> None:
    assert text_tokens("word " * 200_000) == 200_000
