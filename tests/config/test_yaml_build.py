"""Building values from YAML: strict where files go wrong in silence."""

from __future__ import annotations

import pytest

from plexus.config.problems import ConfigError
from plexus.config.yaml_build import MAX_DEPTH
from plexus.config.yaml_file import parse


def complaint(text: str) -> str:
    """Return what is said about a text that cannot be used."""
    with pytest.raises(ConfigError) as caught:
        parse(text)
    return "\n".join(str(problem) for problem in caught.value.problems)


def test_scalars_lists_and_mappings_become_plain_values() -> None:
    text = "a: [1, 'two', \"3\", {b: null}]\nc: |\n  text\nd:\n"
    assert parse(text).value == {"a": [1, "two", "3", {"b": None}], "c": "text\n", "d": None}


def test_keys_are_always_text_as_it_was_written() -> None:
    assert list(parse("007: a\n1.10: b\ntrue: c\nno: d\n~: e").value) == [
        "007",
        "1.10",
        "true",
        "no",
        "~",
    ]


def test_every_doubled_key_is_an_error_with_both_lines() -> None:
    assert complaint("a: 1\nb: {c: 1,\n  c: 2}\na: 3\n") == (
        "line 3, column 3: b.c: is written twice; the first is on line 2\n"
        "line 4, column 1: a: is written twice; the first is on line 1"
    )


def test_anchors_aliases_and_merge_keys_work() -> None:
    text = "x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz: {<<: [*x, *y], a: 9}\nw: {<<: *y}\nv: *x"
    value = parse(text).value
    assert value["z"] == {"a": 9, "b": 2, "c": 4}
    assert value["w"] == {"b": 3, "c": 4}
    assert value["v"] == {"a": 1, "b": 2}


def test_a_quoted_merge_sign_is_an_ordinary_key() -> None:
    assert parse('a: {"<<": 1}').value == {"a": {"<<": 1}}


def test_a_merge_of_something_else_is_an_error() -> None:
    assert "takes a mapping or a list of mappings" in complaint("x: &a [1]\ny: {<<: *a}")


def test_an_alias_without_its_anchor_is_an_error_even_inside_its_own_anchor() -> None:
    assert (
        complaint("a: *nowhere") == "line 1, column 4: a: *nowhere has no anchor &nowhere before it"
    )
    assert "has no anchor &a" in complaint("x: &a [*a]")


def test_an_alias_bomb_is_refused_without_being_written_out() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert "once its aliases are written out" in complaint("\n".join(lines))


def test_endless_nesting_is_refused() -> None:
    assert f"deeper than {MAX_DEPTH} levels" in complaint("a: " + "[" * 100 + "]" * 100)


def test_standard_tags_are_obeyed_and_others_refused() -> None:
    text = "a: !!str 12\nb: !!int '12'\nc: ! 12\nd: !!map {}\ne: !!seq []\nf: !!null ''"
    assert parse(text).value == {"a": "12", "b": 12, "c": "12", "d": {}, "e": [], "f": None}
    assert complaint("a: !secret x\nb: !!set {}\nc: !thing [1]") == (
        "line 1, column 4: a: has the tag !secret, which is not supported\n"
        "line 2, column 4: b: has the tag tag:yaml.org,2002:set, which is not supported\n"
        "line 3, column 4: c: has the tag !thing, which is not supported"
    )


def test_a_key_that_is_a_list_is_an_error() -> None:
    assert "has a key that is not a word" in complaint("a: {? [x] : 1}")


def test_a_second_document_is_an_error() -> None:
    assert (
        complaint("a: 1\n---\nb: 2")
        == "line 2, column 1: holds more than one YAML document; remove the ---"
    )
