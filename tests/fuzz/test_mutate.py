"""Damage is real, repeatable, and what fails is made small."""

from __future__ import annotations

import random

import pytest

from tests.fuzz.mutate import MUTATIONS, Mutation, minimised, mutate, split

DATA = b'data: {"a": {"b": [1, 2]}}\n\ndata: {"c": "d"}\n\ndata: [DONE]\n\n'
OTHERS = (b"event: x\n\ndata: {}\n\n",)


@pytest.mark.parametrize("mutation", sorted(set(MUTATIONS), key=lambda each: each.__name__))
def test_each_kind_of_damage_changes_something(mutation: Mutation) -> None:
    made = {mutation(DATA, random.Random(seed), OTHERS) for seed in range(50)}
    assert len(made - {DATA}) > 5
    assert isinstance(mutation(b"", random.Random(1), OTHERS), bytes)


def test_a_seed_gives_the_same_damage_again() -> None:
    assert mutate(DATA, random.Random(7), OTHERS) == mutate(DATA, random.Random(7), OTHERS)


def test_pieces_make_up_the_whole() -> None:
    assert all(b"".join(split(DATA, random.Random(seed))) == DATA for seed in range(50))


def test_what_fails_is_made_small() -> None:
    assert minimised(DATA, lambda data: b"[DONE]" in data) == b"[DONE]"
