"""Throughput is scaled to the cores that the workers did not have."""

from __future__ import annotations

import pytest

from tests.bench.scaling import full


@pytest.mark.parametrize(("used", "whole"), [(0.0, 1000.0), (0.5, 4000 / 3), (1.0, 2000.0)])
def test_what_load_and_provider_used_is_given_back(used: float, whole: float) -> None:
    assert full(1000.0, used) == pytest.approx(whole)


def test_more_than_there_was_changes_nothing() -> None:
    assert full(1000.0, 2.0) == 1000
