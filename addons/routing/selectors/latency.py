"""`latency`: the shortest wait for the first token."""

from __future__ import annotations

from plexus.addons.routing.by_measure import ByMeasure
from plexus.addons.routing.selector import Selector

SELECTOR: Selector = ByMeasure(
    name="latency",
    rate="latencyExplorationRate",
    mean=lambda measured: measured.ttft_s,
    is_highest_best=False,
    says="{:.2f} s to the first token",
)
