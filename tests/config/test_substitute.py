"""Filling in `${NAME}`."""

from __future__ import annotations

import pytest

from plexus.config.substitute import substitute
from plexus.config.yaml_file import parse
from plexus.transforms.wire import Json


def filled(value: str, **env: str) -> Json:
    """Return what the value of a YAML file becomes, without problems."""
    tree, problems = substitute(parse(f"x: {value}").value, env)
    assert problems == ()
    return tree["x"]


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("${A}", "one"),
        ("a ${A}-${B} z", "a one-two z"),
        ("'${A}'", "one"),
        ("${NOPE:-other}", "other"),
        ("${NOPE:-}", ""),
        ("${EMPTY:-other}", "other"),
        ("${EMPTY}", ""),
        ("$${A} costs $5", "${A} costs $5"),
        ("https://${A}:80/${NOPE:-x/y}", "https://one:80/x/y"),
    ],
)
def test_references_are_filled_in(value: str, result: str) -> None:
    assert filled(value, A="one", B="two", EMPTY="") == result


def test_references_are_filled_in_below_lists_and_mappings() -> None:
    tree, _ = substitute(parse("a: [{b: '${X}'}, 1, null]").value, {"X": "y"})
    assert tree == {"a": [{"b": "y"}, 1, None]}


def test_an_unquoted_reference_may_mean_a_number_and_a_quoted_one_may_not() -> None:
    assert filled("${N}", N="12") == 12
    assert filled("'${N}'", N="12") == "12"


def test_an_unset_variable_without_a_default_is_a_problem_with_its_path() -> None:
    _, problems = substitute(parse("a:\n  b: ${NOPE}").value, {})
    (problem,) = problems
    assert problem.path == "a.b"
    assert problem.message == "the environment variable NOPE is not set"


@pytest.mark.parametrize("value", ["'${'", "'${}'", "'${1A}'", "'${A'"])
def test_a_dollar_brace_without_a_name_is_a_problem(value: str) -> None:
    _, problems = substitute(parse(f"x: {value}").value, {"A": "a"})
    assert [problem.message for problem in problems] == ["holds a ${ without a name"]


def test_litellm_s_spelling_is_answered_with_ours() -> None:
    _, problems = substitute(parse("x: os.environ/MY_KEY").value, {})
    assert [problem.remedy for problem in problems] == ["write ${MY_KEY}"]
