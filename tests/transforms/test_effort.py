"""Words and tokens for how hard a model may think."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.transforms.effort import BUDGETS, LADDER, effort_of, nearest


@pytest.mark.parametrize(
    ("budget", "effort"),
    [(-1, "none"), (0, "none"), (1, "minimal"), (1024, "minimal"), (1025, "low"), (2048, "low"),
     (8192, "medium"), (16384, "high"), (16385, "xhigh"), (10**9, "xhigh")],
)  # fmt: skip
def test_a_budget_stands_for_an_effort(budget: int, effort: str) -> None:
    assert effort_of(budget) == effort


@pytest.mark.parametrize("effort", BUDGETS)
def test_an_effort_comes_back_from_its_own_budget(effort: str) -> None:
    assert effort_of(BUDGETS[effort]) == effort


@pytest.mark.parametrize(
    ("effort", "known", "word"),
    [
        ("high", ("low", "high"), "high"),
        ("medium", ("low", "high"), "high"),  # between the two: the stronger one
        ("xhigh", ("low", "medium", "high"), "high"),
        ("minimal", ("none", "low"), "low"),  # thinking was wanted
        ("none", ("none", "low"), "none"),
        ("none", ("low", "high"), "low"),  # it always thinks
        ("max", ("none", "default"), "default"),  # a word of its own for thinking at all
        ("none", ("none", "default"), "none"),
        ("low", ("none",), "none"),
        ("heroic", ("low", "high"), "heroic"),  # not ours to judge
    ],
)
def test_the_nearest_known_word_is_taken(effort: str, known: tuple[str, ...], word: str) -> None:
    assert nearest(effort, known) == word


@given(st.sampled_from(LADDER), st.lists(st.sampled_from(LADDER), min_size=1, unique=True))
def test_the_nearest_word_is_always_a_known_one(effort: str, known: list[str]) -> None:
    assert nearest(effort, known) in known
