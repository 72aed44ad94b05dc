"""Fragments of arguments: added up, unless they repeat what was there."""

from __future__ import annotations

import pytest

from plexus.transforms.dialects.openai_responses.arguments import Arguments


def heard(*fragments: str, whole: str | None = None) -> str:
    """What comes out for these fragments and the restated whole."""
    arguments = Arguments()
    return "".join([arguments.add(fragment) for fragment in fragments]) + arguments.finish(whole)


@pytest.mark.parametrize(
    ("fragments", "whole", "expected"),
    [
        (["{", '"a"', ":1}"], '{"a":1}', '{"a":1}'),
        (["{", '"a"', ":1}"], None, '{"a":1}'),
        ([], '{"a":1}', '{"a":1}'),
        ([], None, ""),
        (['{"a":', "1}"], '{"a":1, "b":2}', '{"a":1}'),
    ],
)
def test_fragments_add_up_and_the_whole_fills_what_is_missing(
    fragments: list[str], whole: str | None, expected: str
) -> None:
    assert heard(*fragments, whole=whole) == expected


@pytest.mark.parametrize("whole", ['{"a":1}', None])
def test_a_fragment_that_is_all_of_it_so_far_is_not_added_again(whole: str | None) -> None:
    assert heard('{"a"', '{"a":1}', whole=whole) == '{"a":1}'


def test_a_snapshot_after_leading_white_space_counts() -> None:
    assert heard(' {"a"', '\n{"a":1}', whole='{"a":1}') == ' {"a":1}'


def test_growing_snapshots_are_told_once() -> None:
    fragments = ['{"a":{}', '{"a":{}}', '{"a":{}}']
    assert heard(*fragments, whole='{"a":{}}') == '{"a":{}}'


def test_an_object_within_an_object_is_no_snapshot() -> None:
    fragments = ['{"a":', '{"a":1}', "}"]
    assert heard(*fragments, whole='{"a":{"a":1}}') == '{"a":{"a":1}}'
    assert heard(*fragments) == '{"a":{"a":1}}'


def test_json_in_a_string_is_left_alone() -> None:
    fragments = ['{"cmd":"', '{\\"cmd\\":1}', '"}']
    assert heard(*fragments, whole="".join(fragments)) == "".join(fragments)


def test_a_whole_that_contradicts_adds_nothing() -> None:
    assert heard('{"a":1', whole='{"b":2}') == '{"a":1'
