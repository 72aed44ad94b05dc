"""The kinds of values in sections."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from plexus.config.schema.values import (
    Fraction,
    IpRules,
    Name,
    Names,
    Networks,
    Open,
    Positive,
    Price,
    Stored,
    Text,
    Whole,
    as_json,
    kind_of_value,
    parse_ip_rule,
    slug_problem,
)
from plexus.config.yaml_scalars import resolve


@pytest.mark.parametrize("word", ["007", "1.10", "true", "0x1F", "no"])
def test_text_is_what_was_written(word: str) -> None:
    assert TypeAdapter(Text).validate_python(resolve(word)) == word


@pytest.mark.parametrize("value", [None, [], {}])
def test_text_is_no_list_mapping_or_nothing(value: object) -> None:
    with pytest.raises(ValidationError, match="must be text"):
        TypeAdapter(Text).validate_python(value)


def test_a_name_is_not_blank() -> None:
    with pytest.raises(ValidationError, match="must not be empty"):
        TypeAdapter(Name).validate_python(" ")


def test_lists_of_names_are_trimmed_and_empty_ones_dropped() -> None:
    assert TypeAdapter(Names).validate_python([" a ", "", 7, " "]) == ["a", "7"]


@pytest.mark.parametrize(
    ("kind", "value"),
    [(Whole, True), (Whole, 1.5), (Positive, 0), (Price, -0.1), (Fraction, 1.1), (Whole, "x")],
)
def test_numbers_have_their_limits(kind: object, value: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(value)


def test_numbers_may_stand_in_quotes() -> None:
    assert TypeAdapter(Positive).validate_python("30") == 30
    assert TypeAdapter(Whole).validate_python(30.0) == 30


def test_open_mappings_become_plain_json() -> None:
    value = TypeAdapter(Open).validate_python({"a": [resolve("1.50")]})
    assert value == {"a": [1.5]}
    with pytest.raises(ValidationError, match="must be a mapping, not text"):
        TypeAdapter(Open).validate_python("[object Object]")


def test_stored_values_may_be_anything_that_json_can_hold() -> None:
    assert TypeAdapter(Stored).validate_python([1, {"a": None}]) == [1, {"a": None}]
    with pytest.raises(ValidationError, match="JSON can hold"):
        TypeAdapter(Stored).validate_python({1, 2})
    assert as_json(None) is None


def test_kinds_are_named_in_plain_words() -> None:
    values: list[object] = [None, True, 1, "x", [], {}, {1}]
    assert [kind_of_value(value) for value in values] == [
        "nothing",
        "a boolean",
        "a number",
        "text",
        "a list",
        "a mapping",
        "set",
    ]


@pytest.mark.parametrize(
    "rule",
    [
        "10.1.2.3",
        "::1",
        "10.0.0.0/8",
        "10.0.0.5/8",
        "2001:db8::/32",
        "10.0.0.1-20",
        "10.0.0.1-10.0.1.9",
        "::1 - ::ff",
    ],
)
def test_addresses_networks_and_ranges_are_ip_rules(rule: str) -> None:
    assert parse_ip_rule(rule)
    assert TypeAdapter(IpRules).validate_python([rule]) == [rule]


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "10.0.0",
        "10.0.0.0/40",
        "10.0.0.9-3",
        "10.0.0.1-256",
        "300.0.0.1-2",
        "a-b",
        "10.0.0.9-10.0.0.1",
        "10.0.0.1-::1",
        "localhost",
    ],
)
def test_anything_else_is_no_ip_rule(rule: str) -> None:
    assert not parse_ip_rule(rule)


def test_lists_of_networks_say_which_one_is_wrong() -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(Networks).validate_python(["10.0.0.0/8", "10.0.0.1-3"])
    assert [error["loc"] for error in caught.value.errors()] == [(1,)]


def test_slugs_are_short_and_lower_case() -> None:
    assert slug_problem("my-quota_2") is None
    assert all(slug_problem(name) for name in ("a", "-ab", "Abc", "a b", "x" * 64, ""))
