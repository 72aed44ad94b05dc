"""Throughput of several workers, set against what they had."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.bench.scaling import _pin, full, layouts
from tests.bench.stand import Cores


@pytest.mark.parametrize(("used", "whole"), [(0.0, 1000.0), (0.5, 4000 / 3), (1.0, 2000.0)])
def test_what_load_and_provider_used_is_given_back(used: float, whole: float) -> None:
    assert full(1000.0, used) == pytest.approx(whole)


def test_more_than_there_was_changes_nothing() -> None:
    assert full(1000.0, 2.0) == 1000


def test_one_worker_has_a_core_or_shares_it_and_two_share_all_of_them() -> None:
    found = [(x.workers, set(x.gateway), set(x.others)) for x in layouts(Cores(0, 3))]
    assert found == [(1, {0}, {3}), (1, {0}, {0}), (2, {0, 3}, {0, 3})]


def test_where_cores_cannot_be_chosen_none_is() -> None:
    assert [set(x.gateway | x.others) for x in layouts(Cores(None, None))] == [set()] * 3


@pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="cores can be chosen on Linux only"
)
def test_a_process_runs_where_it_is_put() -> None:
    core = max(os.sched_getaffinity(0))
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        _pin(process.pid, {core})
        assert os.sched_getaffinity(process.pid) == {core}
        _pin(process.pid, ())
        assert os.sched_getaffinity(process.pid) == {core}
        process.communicate(b"\n")
