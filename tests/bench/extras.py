"""The measurements that are no CPU per call, in the order in which they are made.

A new one is a function of the stand and the effort, and an entry in `EXTRAS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from tests.bench import holding, latency, pressure, scaling, starting
from tests.bench.readings import Reading
from tests.bench.rounds import Effort
from tests.bench.stand import Stand

type Extra = Callable[[Stand, Effort], Iterator[Reading]]

EXTRAS: Final[Mapping[str, Extra]] = {
    "one-client": latency.one,
    "ttft": latency.ttft,
    "gaps": latency.gaps,
    "held": holding.streams,
    "slow-reader": pressure.slow_readers,
    "start-up": starting.start_up,
    "memory": holding.memory,
    "workers": scaling.workers,
}
OF_ALL_TARGETS: Final = ("one-client", "ttft", "gaps")  # the others are of the gateway alone
