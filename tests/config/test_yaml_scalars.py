"""The YAML 1.2 core schema."""

from __future__ import annotations

import math

import pytest

from plexus.config.yaml_scalars import SpelledFloat, SpelledInt, plain, resolve, spelling


@pytest.mark.parametrize(
    "word",
    [
        "no",
        "yes",
        "on",
        "off",
        "y",
        "N",
        "2024-01-01",
        "12:30",
        "1_000",
        "0b11",
        "0777x",
        "-",
        ".",
        ".in",
        "1e",
        "+-1",
        "9" * 500,
        "tRUE",
    ],
)
def test_a_word_that_only_yaml_1_1_takes_for_something_else_stays_a_word(word: str) -> None:
    assert resolve(word) == word
    assert type(resolve(word)) is str


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("", None),
        ("~", None),
        ("Null", None),
        ("true", True),
        ("FALSE", False),
        ("7", 7),
        ("-12", -12),
        ("0o17", 15),
        ("0xfF", 255),
        ("1.50", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("+.inf", math.inf),
    ],
)
def test_the_core_schema_s_own_words_have_their_meaning(word: str, meaning: object) -> None:
    assert resolve(word) == meaning


def test_not_a_number_is_understood() -> None:
    value = resolve(".nan")
    assert isinstance(value, float)
    assert math.isnan(value)


@pytest.mark.parametrize("word", ["007", "1.10", "0x1F", "1e3", "+4", ".inf"])
def test_a_number_remembers_how_it_was_spelled(word: str) -> None:
    value = resolve(word)
    assert isinstance(value, SpelledInt | SpelledFloat)
    assert spelling(value) == word


def test_values_that_come_from_json_are_spelled_as_python_prints_them() -> None:
    assert [spelling(v) for v in (4, 4.5, True, False, "x")] == ["4", "4.5", "true", "false", "x"]


def test_plain_json_has_ordinary_numbers_and_no_infinities() -> None:
    value = plain({"a": [resolve("007"), resolve("1.50"), resolve(".inf")], "b": True, "c": None})
    assert value == {"a": [7, 1.5, None], "b": True, "c": None}
    assert isinstance(value, dict)
    listed = value["a"]
    assert isinstance(listed, list)
    assert [type(item) for item in listed] == [int, float, type(None)]
