"""The stand keeps what it starts, each process on its core."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.bench.catalogue import one_client
from tests.bench.processes import Processes
from tests.bench.rounds import Effort, ceiling, direct
from tests.bench.stand import Cores, Stand

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="the benchmark needs Linux"
)


def test_load_and_provider_share_a_core_and_what_is_tested_has_another() -> None:
    usable = sorted(os.sched_getaffinity(0))
    with Processes() as processes:
        stand = Stand(processes, ["aiohttp"])
        (target,) = stand.targets
        assert stand.targets == [target]  # it is not started again
        assert os.sched_getaffinity(stand.load.pid) == {usable[-1]}
        assert os.sched_getaffinity(stand.provider.pid) == {usable[-1]}
        assert os.sched_getaffinity(target.pid) == {usable[0]}
        assert stand.accounted() == "the gateway answered 0 calls and accounted for 0"


def test_without_pinning_a_process_runs_anywhere() -> None:
    before = os.sched_getaffinity(0)
    with Processes() as processes:
        stand = Stand(processes, [], cores=Cores(None, None))
        assert os.sched_getaffinity(stand.provider.pid) == before


def test_the_ceiling_is_load_and_provider_alone() -> None:
    effort = Effort(rounds=2, seconds=0.2, calls=50, warm_up=5)
    with Processes() as processes:
        stand = Stand(processes, [])
        result = ceiling(one_client(), stand.provider, stand.load, effort)
        assert (result.target, result.calls, result.errors) == ("direct", 105, 0)
        assert len(result.cpu) == 2
        assert stand.load.answered == {direct(stand.provider, stand.load).port: 105}
