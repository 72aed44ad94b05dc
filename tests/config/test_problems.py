"""How problems are told to people."""

from __future__ import annotations

from plexus.config.problems import (
    ConfigError,
    Problem,
    did_you_mean,
    dotted,
    near_miss,
    render,
)


def test_a_problem_reads_as_place_path_message_and_remedy() -> None:
    problem = Problem(at=("keys", "a", 0), message="is wrong", remedy="mend it", line=3, column=7)
    assert str(problem) == "line 3, column 7: keys.a.0: is wrong; mend it"


def test_a_problem_of_the_whole_file_has_no_path() -> None:
    assert str(Problem(at=(), message="does not exist")) == "does not exist"


def test_a_name_with_a_dot_or_space_is_quoted_in_a_path() -> None:
    assert dotted(("models", "gpt-4.1", "my model", "x")) == 'models."gpt-4.1"."my model".x'


def test_problems_are_rendered_under_a_heading_that_counts_them() -> None:
    one, two = Problem(at=("a",), message="x"), Problem(at=("b",), message="y")
    assert render([one], source="f") == "f: 1 problem\n  a: x"
    assert str(ConfigError([one, two], source="f")) == "f: 2 problems\n  a: x\n  b: y"


def test_a_slip_is_told_from_a_stranger() -> None:
    known = ("providers", "models", "extraBody", "allowedModels")
    assert near_miss("providrs", known) == "providers"
    assert near_miss("extra_body", known) == "extraBody"
    assert near_miss("allowed-models", known) == "allowedModels"
    assert near_miss("weather", known) is None


def test_the_nearest_of_several_words_wins_even_when_it_comes_last() -> None:
    assert near_miss("quotas", ("quota", "quotass")) == "quotass"


def test_among_very_many_words_no_near_one_is_looked_for() -> None:
    assert near_miss("name-1", [f"name-{n}" for n in range(1000)]) is None


def test_an_unknown_word_is_answered_with_the_near_one_or_with_all() -> None:
    assert did_you_mean("latancy", ("cost", "latency")) == 'did you mean "latency"?'
    assert did_you_mean("x", ("cost", "latency")) == "known: cost, latency"
    assert did_you_mean("x", [f"long-{n}" for n in range(30)]).endswith("long-19, …")
