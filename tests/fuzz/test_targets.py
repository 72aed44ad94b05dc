"""Every decoder takes a few hundred damaged messages; `python -m tests.fuzz` takes many more."""

from __future__ import annotations

import random

import pytest

from tests.fuzz.__main__ import fault_of
from tests.fuzz.mutate import mutate
from tests.fuzz.seeds import made
from tests.fuzz.targets import targets

FEW = 200


@pytest.mark.parametrize("name", targets())
def test_damage_raises_nothing_but_our_own_error(name: str) -> None:
    dialect, _, kind = name.partition("-")
    rand = random.Random(name)
    ground, others = made(dialect, kind), [made(other, kind) for other in ("chat", "gemini")]
    damaged = [mutate(ground, rand, others) for _ in range(FEW)]
    faults = [(fault_of(targets()[name], data, at), data) for at, data in enumerate(damaged)]
    assert [found for found in faults if found[0] is not None] == []


def test_a_fault_is_named_by_its_place() -> None:
    def broken(data: bytes, _seed: int) -> None:
        assert data, "nothing"

    assert fault_of(broken, b"x", 0) is None
    fault = fault_of(broken, b"", 0)
    assert fault is not None
    assert "AssertionError" in fault
    assert "test_targets.py" in fault
